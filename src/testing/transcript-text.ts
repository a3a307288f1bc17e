/** One command of a transcript, with what stands around it. */
export interface Step {
  /** Comments and empty lines before it. */
  before: string;
  command: string;
  /** The lines of a here-document, its end included. */
  document: readonly string[];
  output: readonly string[];
}

const COMMAND = /^\$ /;
const COMMENT = /^(#|$)/;
const DOCUMENT = /<<(\w+)$/;
/** Output that looks like something else in a transcript stands behind a backslash. */
const AMBIGUOUS = /^([$#\\]|\[exit)/;

/** Reads a transcript: commands after `$ `, comments after `#`, output below its command. */
export function parseTranscript(text: string): { steps: Step[]; ending: string } {
  const lines = text.replace(/\n$/, "").split("\n");
  const steps: Step[] = [];
  let before = "";
  let at = 0;
  const take = (wanted: (line: string) => boolean) => {
    const start = at;
    while (at < lines.length && wanted(lines[at] ?? "")) at += 1;
    return lines.slice(start, at);
  };
  for (;;) {
    before += take((line) => COMMENT.test(line))
      .map((line) => `${line}\n`)
      .join("");
    const line = lines[at];
    if (line === undefined) return { steps, ending: before };
    if (!COMMAND.test(line)) throw new Error(`neither command nor comment: ${line}`);
    at += 1;
    const command = line.replace(COMMAND, "");
    const end = DOCUMENT.exec(command)?.[1];
    const document = end === undefined ? [] : [...take((text) => text !== end), ...take(once())];
    const output = take((text) => !COMMAND.test(text) && !text.startsWith("#"));
    let gap = "";
    while (output.at(-1) === "") {
      output.pop();
      gap += "\n";
    }
    steps.push({ before, command, document, output });
    before = gap;
  }
}

function once(): () => boolean {
  let left = 1;
  return () => left-- > 0;
}

/** Output as it stands in a transcript. */
export function showOutput(lines: readonly string[]): string {
  const last = lines.length - 1;
  return lines
    .map((line, index) => {
      const isExit = index === last && /^\[exit \d+\]$/.test(line);
      const hidden = (AMBIGUOUS.test(line) && !isExit) || (index === last && line === "");
      // A raw escape character would not be seen in a difference.
      return `${hidden ? "\\" : ""}${line.replaceAll("\u001b", "\\e")}\n`;
    })
    .join("");
}

/** A command line taken apart. */
export interface CommandLine {
  words: string[];
  /** Assignments before the program's name. */
  variables: Record<string, string>;
  /** What stands after `<`: the text itself, not a file. */
  input?: string;
  /** The file that stands after `>`. */
  output?: string;
  /** After `| grep`: only lines that match are shown; with `-v` those that do not. */
  grep?: { pattern: RegExp; inverse: boolean };
  /** Whether it is repeated until there is such a line. */
  until?: boolean;
}

const WORD = /"((?:\\.|[^"\\])*)"|'([^']*)'|([^\s"']+)/y;

/**
 * Takes a command line apart as a shell would, but for three things: double quotes hold a JSON text, so
 * that control characters can be written; `< "text"` gives the text as stdin; and "$(repeat 3 x)" is xxx.
 * `until COMMAND | grep PATTERN` repeats the command, for what happens by itself.
 */
export function readCommandLine(line: string): CommandLine {
  const words = splitWords(line.replace(/<<\w+$/, ""));
  const result: CommandLine = { words: [], variables: {} };
  for (let at = 0; at < words.length; at += 1) {
    const { text = "", quoted = false } = words[at] ?? {};
    const assignment = quoted || result.words.length > 0 ? null : /^([A-Z_]+)=(.*)$/.exec(text);
    if (at === 0 && text === "until") result.until = true;
    else if (!quoted && text === "|") {
      if (words[++at]?.text !== "grep") throw new Error(`only grep stands behind | in: ${line}`);
      const inverse = words[at + 1]?.text === "-v";
      if (inverse) at += 1;
      result.grep = { pattern: new RegExp(words[++at]?.text ?? ""), inverse };
    } else if (!quoted && text === "<") result.input = words[++at]?.text ?? "";
    else if (!quoted && text === ">") result.output = words[++at]?.text ?? "";
    else if (assignment) result.variables[assignment[1] ?? ""] = assignment[2] ?? "";
    else result.words.push(text);
  }
  return result;
}

function splitWords(line: string): { text: string; quoted: boolean }[] {
  const words: { text: string; quoted: boolean }[] = [];
  for (let at = 0, apart = true; at < line.length; ) {
    if (line[at] === " ") {
      at += 1;
      apart = true;
      continue;
    }
    WORD.lastIndex = at;
    const match = WORD.exec(line);
    if (!match) throw new Error(`quotes do not match in: ${line}`);
    const [whole, double, single, plain] = match;
    const text = double === undefined ? (single ?? plain ?? "") : repeated(JSON.parse(whole));
    const quoted = plain === undefined;
    const before = words.at(-1);
    if (apart || !before) words.push({ text, quoted });
    else words[words.length - 1] = { text: before.text + text, quoted: before.quoted || quoted };
    at += whole.length;
    apart = false;
  }
  return words;
}

function repeated(text: string): string {
  return text.replaceAll(/\$\(repeat (\d+) ([^)]+)\)/g, (_, times: string, part: string) =>
    part.repeat(Number(times)),
  );
}
