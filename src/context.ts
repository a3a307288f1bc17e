import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Config, type Environment, loadConfig } from "./config.ts";
import { type Deps, type OpenDeps, openDeps } from "./deps.ts";
import type { Actor } from "./domain/actor.ts";
import type { WriteObserver } from "./domain/store-write.ts";
import { ERRORS, MktError } from "./errors.ts";
import { authenticate } from "./operations/authenticate.ts";
import { prepareStack } from "./operations/prepare-stack.ts";
import { type Terminal, terminalOf } from "./output/colour.ts";
import { renderError } from "./output/errors.ts";
import { type Column, type Format, renderList, renderValue } from "./output/formats.ts";
import { safeText } from "./output/safe-text.ts";

/** Everything outside of the process that a command line touches. */
export interface Streams {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  env: Environment;
  /** Told of every write that is sent to a store. */
  observe?: WriteObserver;
  /** What Ctrl-C does: where it comes from, and how the process ends when the command does not end itself. */
  interrupts?: { on: (listener: () => void) => void; exit: (code: number) => void };
}

/** The options of every command. */
export interface GlobalOptions {
  output?: Format | undefined;
  json?: boolean | undefined;
  columns?: string | undefined;
  profile?: string | undefined;
  as?: string | undefined;
  reason?: string | undefined;
  input?: boolean | undefined;
  yes?: boolean | undefined;
}

/** What a command line did that ran inside of this one. */
export interface Invocation {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface List<T> {
  items: readonly T[];
  nextPageToken?: string | null | undefined;
}

/** What a command is given. */
export interface Context {
  streams: Streams;
  /** How stdout and stderr show text. */
  terminal: Terminal;
  messages: Terminal;
  options(): GlobalOptions;
  config(): Config;
  deps(): Deps;
  /** The same without starting or preparing anything: for the stack's own processes. */
  ownDeps(): Deps;
  /** Who is logged in, or the user named by --as. Throws `not_logged_in`. */
  actor(action: string): Promise<Actor>;
  /** Who looks, as the session file says; null without a login. For statistics only. */
  viewerId(): Promise<string | null>;
  /** Prints one thing: as people read it, or whole in the format that was asked for. */
  print<T>(value: T, human: (value: T) => string): void;
  /** Prints a list, and on stderr how to go on. */
  printList<T>(list: List<T>, columns: readonly Column<T>[]): void;
  /** Tells the person who waits. */
  notice(text: string): void;
  wantsJson(): boolean;
  /** The format that was asked for. */
  format(): Format;
  /** Aborted by Ctrl-C; whoever asks for it promises to stop by itself then. */
  stopping(): AbortSignal;
  setExitCode(code: number): void;
  /** Runs another command line as if it had been typed, on the same profile; catches what it prints. */
  invoke(argv: readonly string[], stdin: string, observe?: WriteObserver): Promise<Invocation>;
  exitCode(): number;
  close(): Promise<void>;
}

export function openContext(
  streams: Streams,
  options: () => GlobalOptions,
  run: (argv: readonly string[], streams: Streams) => Promise<number>,
): Context {
  const { stdout, stderr, env } = streams;
  const terminal = terminalOf(stdout, env);
  const messages = terminalOf(stderr, env);
  let config: Config | undefined;
  let opened: OpenDeps | undefined;
  let exitCode = 0;
  const stop = new AbortController();
  let stopsItself = false;

  const notice = (message: string) => void stderr.write(`${safeText(message)}\n`);
  const readConfig = () => {
    config ??= loadConfig(env, { profile: options().profile });
    return config;
  };
  const deps = () => {
    opened ??= openDeps(readConfig(), {
      notice,
      prepare: (store) => prepareStack(store, preparing()),
      ...(streams.observe && { observe: streams.observe }),
    });
    return opened.deps;
  };
  streams.interrupts?.on(() => {
    if (stopsItself && !stop.signal.aborted) {
      notice("stopping after what is under way; Ctrl-C again stops now");
      stop.abort();
      return;
    }
    notice("interrupted");
    streams.interrupts?.exit(ERRORS.interrupted.exit);
  });

  // Preparing a new stack opens stores itself: that must not wait for it to be prepared.
  let bare: OpenDeps | undefined;
  const preparing = () => {
    bare ??= openDeps(readConfig(), { notice });
    return bare.deps;
  };

  const format = (): Format => {
    const { json, output } = options();
    return json ? "json" : (output ?? "table");
  };
  const write = (shown: string) => {
    if (shown !== "") stdout.write(shown.endsWith("\n") ? shown : `${shown}\n`);
  };

  return {
    streams,
    terminal,
    messages,
    options,
    config: readConfig,
    deps,
    notice,
    actor: async (action) => {
      const { as, reason } = options();
      // A new stack logs its operator in: only then is there a session to read.
      await prepareStack("aurora", preparing());
      const session = await deps().sessionFile.read();
      return authenticate({ token: session?.token ?? null, as, reason, action }, deps());
    },
    viewerId: async () => (await deps().sessionFile.read())?.userId ?? null,
    print: (value, human) => {
      const chosen = format();
      write(chosen === "table" || chosen === "wide" ? human(value) : renderValue(chosen, value));
    },
    printList: (list, columns) => {
      const { columns: only } = options();
      write(
        renderList(format(), list, columns, { terminal, ...(only && { only: only.split(",") }) }),
      );
      if (list.nextPageToken && terminal.isTerminal)
        notice(`more: --page-token ${list.nextPageToken}`);
    },
    wantsJson: () => {
      const { json, output } = options();
      return json === true || output === "json";
    },
    format,
    ownDeps: preparing,
    stopping: () => {
      stopsItself = true;
      return stop.signal;
    },
    invoke: async (argv, stdin, watch) => {
      const [out, err] = [new PassThrough(), new PassThrough()];
      const [stdout, stderr] = [text(out), text(err)];
      const { profile } = options();
      const whole = profile === undefined ? argv : [...argv, "--profile", profile];
      const inner: Streams = { stdin: Readable.from([stdin]), stdout: out, stderr: err, env };
      const exitCode = await run(whole, watch ? { ...inner, observe: watch } : inner);
      out.end();
      err.end();
      return { exitCode, stdout: await stdout, stderr: await stderr };
    },
    setExitCode: (code) => {
      exitCode = code;
    },
    exitCode: () => exitCode,
    close: async () => {
      await opened?.close();
      await bare?.close();
    },
  };
}

/** The real process, with its Ctrl-C. A reader that leaves early, as in `| head`, is no error; a full disk is. */
export function processStreams(): Streams {
  const { stdin, stdout, stderr, env } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    if (error.code !== "ENOSPC") throw error;
    const full = new MktError("unavailable", `stdout cannot be written: ${error.message}`);
    stderr.write(renderError(full, { json: false, colour: terminalOf(stderr, env).colour }));
    process.exit(ERRORS.unavailable.exit);
  });
  const interrupts = {
    on: (listener: () => void) => void process.on("SIGINT", listener),
    exit: (code: number) => process.exit(code),
  };
  return { stdin, stdout, stderr, env, interrupts };
}
