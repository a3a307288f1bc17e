import type { Invocation } from "../context.ts";
import { MktError } from "../errors.ts";
import { safeText } from "../output/safe-text.ts";
import {
  type Board,
  changed,
  openPanel,
  refreshDetail,
  reload,
  say,
  screenOf,
  stateOf,
} from "./board.ts";
import { filledIn, shellLine } from "./command-line.ts";
import { type Line, tone } from "./lines.ts";
import { unmark } from "./marked.ts";
import type { RowCommand } from "./screen.ts";

/** How a command line ended, and what it printed, safe to show. */
interface Ran {
  line: string;
  exitCode: number;
  text: string;
}

/**
 * Runs a command line and keeps it for `@`. What it prints stands in a panel, or its first line below the board; what
 * went wrong always in a panel, with its hint.
 */
export async function runOne(
  board: Board,
  words: readonly string[],
  shows: "message" | "panel",
): Promise<void> {
  if (board.running) return say(board, `wait: ${board.running} is still running`, true);
  const { line, exitCode, text } = await ran(board, words, "");
  board.running = null;
  if (exitCode !== 0 || shows === "panel") {
    const title = exitCode === 0 ? line : `${line} ended with ${exitCode}`;
    openPanel(board, { kind: "output", title, lines: outputLines(text, exitCode), top: 0 });
  } else {
    say(board, text.split("\n")[0] || "done");
  }
  readAgain(board);
}

/**
 * Runs the command of each row in turn. Rows whose command was done lose their mark; what failed keeps it, and is
 * told with its count.
 */
export async function runEach(
  board: Board,
  rows: readonly RowCommand[],
  answers: readonly string[],
): Promise<void> {
  if (board.running) return say(board, `wait: ${board.running} is still running`, true);
  // Whoever goes to another screen meanwhile leaves the marks of this one to it.
  const state = stateOf(board);
  const failed: Ran[] = [];
  let [done, isStopped] = [0, false];
  board.stopAfterThis = () => {
    isStopped = true;
    say(board, "stops after this one");
  };
  for (const [index, { ids, command }] of rows.entries()) {
    if (isStopped) break;
    const one = await ran(board, filledIn(command, answers), `${index + 1} of ${rows.length}: `);
    if (one.exitCode === 0) {
      done += 1;
      unmark(board, new Set(ids), state);
    } else failed.push(one);
  }
  Object.assign(board, { running: null, stopAfterThis: null });
  const left = rows.length - done - failed.length;
  const counts = [
    `${done} done`,
    ...(failed.length > 0 ? [`${failed.length} failed, still marked`] : []),
    ...(left > 0 ? [`${left} not begun, still marked`] : []),
  ].join("; ");
  if (failed.length === 0) say(board, counts);
  else openPanel(board, { kind: "output", title: counts, lines: failureLines(failed), top: 0 });
  readAgain(board);
}

/** One command line; leaves it as the running one, so that none comes between it and the next of its row. */
async function ran(board: Board, words: readonly string[], before: string): Promise<Ran> {
  const { options } = board;
  const whole = [...words, ...options.typedBefore];
  const line = shellLine(["mkt", ...whole]);
  board.running = `${before}${line}`;
  board.message = null;
  changed(board);
  const { exitCode, stdout, stderr } = await invoked(board, whole);
  board.done.push({ line, at: options.reach.deps.now(), exitCode });
  return { line, exitCode, text: safeText(`${stdout}${stderr}`.trim()) };
}

async function invoked(board: Board, words: readonly string[]): Promise<Invocation> {
  try {
    return await board.options.run(words);
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    return { exitCode: 1, stdout: "", stderr: error.message };
  }
}

function readAgain(board: Board): void {
  if (screenOf(board).detail) refreshDetail(board);
  reload(board);
}

function outputLines(text: string, exitCode: number): Line[] {
  const lines = text === "" ? ["it printed nothing"] : text.split("\n");
  return lines.map((line) => [exitCode === 0 ? line : tone(line, "red")]);
}

function failureLines(failed: readonly Ran[]): Line[] {
  return failed.flatMap(({ line, exitCode, text }): Line[] => [
    [tone(line, "bold"), ` ended with ${exitCode}`],
    ...outputLines(text, exitCode),
    [],
  ]);
}
