import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { main } from "../main.ts";
import { type Names, namesOf } from "./transcript-names.ts";
import { parseTranscript, readCommandLine, type Step, showOutput } from "./transcript-text.ts";

const STDERR = "! ";
/** What is told of progress, which a fast machine is not: `ship 120 of 3694, 3 failed, 40/s, 1m29s left`. */
const PROGRESS =
  /^! [a-z][A-Za-z, ]* \d+( of \d+)?(, \d+ failed)?(, [\d.]+\/s)?(, [\dhms]+ left)?$/;
const UNTIL_MS = 20_000;
const POLL_MS = 50;

/** Where a transcript is played: the marketplace's home, and the directory in which its files lie. */
export interface Stage {
  home: string;
  directory: string;
}

/**
 * Plays every command of a transcript in this process, through the same `main` as the program, and gives
 * the transcript as it came out: the same text when everything happened as it is written.
 */
export async function replay(text: string, stage: Stage): Promise<string> {
  const names = namesOf(stage, text);
  const { steps, ending } = parseTranscript(text);
  let replayed = "";
  for (const step of steps) replayed += await playStep(step, stage, names);
  return replayed + ending;
}

async function playStep(step: Step, stage: Stage, names: Names): Promise<string> {
  const command = names.renamed(step.command);
  const output = await runCommand(command, step, stage, names);
  names.compare(step.output, output);
  const document = step.document.map((line) => `${line}\n`).join("");
  return `${step.before}$ ${command}\n${document}${showOutput(output)}`;
}

/** What a command line shows: lines of stdout, lines of stderr behind `! `, and an exit code that is not 0. */
async function runCommand(
  command: string,
  { document }: Step,
  stage: Stage,
  names: Names,
): Promise<string[]> {
  const { words, variables, input, output, grep, until } = readCommandLine(names.real(command));
  const [program, ...argv] = words;
  if (program === "cat") {
    const path = join(stage.directory, output ?? argv[0] ?? "");
    if (output === undefined) return fileLines(path, names);
    await writeFile(path, names.real(document.slice(0, -1).join("\n").concat("\n")));
    return [];
  }
  if (program !== "mkt") throw new Error(`a transcript runs mkt and cat, not ${program}`);
  const deadline = performance.now() + UNTIL_MS;
  for (;;) {
    const { lines, exitCode } = await runMkt(argv, variables, input, stage);
    const isError = (line: string) => line.startsWith(STDERR.trimEnd());
    const shown = lines.filter(
      (line) => !grep || isError(line) || grep.pattern.test(line) !== grep.inverse,
    );
    if (until && shown.every(isError) && performance.now() < deadline) {
      await pause(POLL_MS);
      continue;
    }
    const named = shown.map((line) => names.shown(line));
    return exitCode === 0 ? named : [...named, `[exit ${exitCode}]`];
  }
}

async function runMkt(
  argv: readonly string[],
  variables: Record<string, string>,
  input: string | undefined,
  { home }: Stage,
): Promise<{ lines: string[]; exitCode: number }> {
  const lines = lineCollector();
  const exitCode = await main(argv, {
    stdin: Readable.from(input === undefined ? [] : [input]),
    stdout: lines.stream(""),
    stderr: lines.stream(STDERR),
    env: { MKT_HOME: home, ...variables },
  });
  return { lines: lines.all().filter((line) => !PROGRESS.test(line)), exitCode };
}

async function fileLines(path: string, names: Names): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return [`${STDERR}cat: no such file`, "[exit 1]"];
  return names.shown(text).replace(/\n$/, "").split("\n");
}

/** Puts what is written to several streams into one list of lines, in the order in which lines began. */
function lineCollector() {
  const lines: { mark: string; text: string }[] = [];
  const unfinished = new Map<string, { text: string }>();
  const add = (mark: string, written: string) => {
    for (const piece of written.split(/(?<=\n)/)) {
      let line = unfinished.get(mark);
      if (!line) {
        const begun = { mark, text: "" };
        lines.push(begun);
        unfinished.set(mark, begun);
        line = begun;
      }
      line.text += piece;
      if (piece.endsWith("\n")) unfinished.delete(mark);
    }
  };
  const stream = (mark: string) =>
    new Writable({
      decodeStrings: false,
      write: (chunk, _encoding, done) => {
        add(mark, String(chunk));
        done();
      },
    });
  const shown = (mark: string, text: string) => (text === "" ? mark.trimEnd() : mark + text);
  const all = () => lines.map(({ mark, text }) => shown(mark, text.replace(/\n$/, "")));
  return { stream, all };
}
