const ENTER = "\u001b[?1049h\u001b[2J\u001b[H";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const WIPE = "\u001b[2J\u001b[H";
const HOME = "\u001b[H";
/** How Ink finds the first line: it deletes lines, and goes up. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are control sequences.
const WAY_UP = /^(?:(?:\u001b\[2K\u001b\[1A)*\u001b\[2K\u001b\[G)?(?:\u001b\[\d*A)?/;
/** What an end by a signal is told to the shell as: 128 and its number. */
const SIGNAL_EXITS = { SIGHUP: 129, SIGTERM: 143 } as const;

/** What of the terminal the dashboard uses. */
export interface TerminalStreams {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  stdin: NodeJS.ReadableStream & { setRawMode?: (mode: boolean) => unknown };
}

export interface AlternateScreen {
  /** Empties it, before everything is drawn in another size. */
  wipe(): void;
  /** Gives the terminal back as it was; a second time does nothing. */
  leave(): void;
}

/**
 * Takes the terminal's other screen, and gives it back whatever ends the process: the end itself, SIGTERM, SIGHUP, a
 * crash. Meanwhile what is written to stderr goes to `onNotice`, because it would scribble over the screen.
 */
export function takeScreen(
  { stdout, stderr, stdin }: TerminalStreams,
  onNotice: (text: string) => void,
): AlternateScreen {
  const write = stderr.write.bind(stderr);
  let isTaken = true;
  const leave = () => {
    if (!isTaken) return;
    isTaken = false;
    stderr.write = write;
    stdin.setRawMode?.(false);
    stdout.write(LEAVE);
    process.off("exit", leave);
    process.off("uncaughtExceptionMonitor", leave);
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  const listeners = Object.entries(SIGNAL_EXITS).map(([signal, code]) => {
    const listener = () => {
      leave();
      process.exit(code);
    };
    return [signal as keyof typeof SIGNAL_EXITS, listener] as const;
  });

  stdout.write(ENTER);
  stderr.write = ((text: string | Uint8Array) => {
    onNotice(String(text).trim());
    return true;
  }) as typeof stderr.write;
  process.on("exit", leave);
  // Before the stack of what crashed is printed.
  process.on("uncaughtExceptionMonitor", leave);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return { wipe: () => void (isTaken && stdout.write(WIPE)), leave };
}

/**
 * The stream as Ink is to have it: what Ink draws begins at the screen's first line. Ink 6.8 finds its lines by going
 * up from where it was, one line too few when it draws only those that changed, and it cannot know what a resize did.
 */
export function fromTheTop(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (chunk: string | Uint8Array) =>
    stdout.write(typeof chunk === "string" && chunk.includes("\n") ? atTop(chunk) : chunk);
  return new Proxy(stdout, {
    get(target, name) {
      if (name === "write") return write;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const atTop = (frame: string): string => `${HOME}${frame.replace(WAY_UP, "")}`;

/** Whether the terminal shows more than ASCII, as its environment says. */
export function showsUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return /utf-?8/i.test(locale);
}

/** What puts a text on the clipboard: OSC 52, which terminals may refuse. */
export const clipboardCode = (text: string): string =>
  `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
