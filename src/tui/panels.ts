import {
  type Board,
  changed,
  filterBy,
  openPanel,
  type Panel,
  problemText,
  say,
  screenOf,
  selectedRow,
  showScreen,
  stateOf,
} from "./board.ts";
import { blanksOf, filledIn, wordsOf } from "./command-line.ts";
import { runEach, runOne } from "./run-commands.ts";
import type { Action } from "./screen.ts";

/** Commands that go on until Ctrl-C or ask at the terminal: they cannot run inside of the dashboard. */
const NOT_HERE =
  /^(dashboard|watch|order watch|demo|sql$|logs .*--follow|event tail .*--follow|worker)/;
const SUGGESTIONS = 8;

/** Something that `:` can do. */
export interface Suggestion {
  line: string;
  summary: string;
}

/** What `:` offers for what was typed: screens first, then commands, those that begin so before those that contain it. */
export function suggestionsFor(board: Board, text: string): Suggestion[] {
  const typed = text.trimStart().toLowerCase();
  const screens = board.options.screens.map(({ name, description }) => ({
    line: name,
    summary: description,
  }));
  const commands = board.options.commands.map(({ path, summary }) => ({ line: path, summary }));
  const all = [...screens, { line: "quit", summary: "leave the dashboard" }, ...commands];
  const begins = all.filter(({ line }) => line.startsWith(typed));
  const contains = all.filter(({ line }) => !line.startsWith(typed) && line.includes(typed));
  return [...begins, ...contains].slice(0, SUGGESTIONS);
}

/**
 * What can be done about the selected row, or about all that are marked; nothing while their stories are being read,
 * never what is of another row.
 */
export function actionsHere(board: Board): readonly Action[] {
  const { panel } = board;
  if (panel?.kind === "actions" && panel.shared) return panel.shared.actions ?? [];
  const { detail } = screenOf(board);
  const state = stateOf(board).detail;
  const row = selectedRow(board);
  if (!detail || row === undefined || state?.subject !== detail.subject(row)) return [];
  return state.value === undefined ? [] : detail.actions(state.value);
}

/** Whether the story of the selected row, or of those that are marked, is still on its way. */
export function isReading(board: Board): boolean {
  const { panel } = board;
  if (panel?.kind === "actions" && panel.shared) return panel.shared.actions === null;
  const { detail } = screenOf(board);
  const row = selectedRow(board);
  const state = stateOf(board).detail;
  return detail !== undefined && row !== undefined && state?.subject !== detail.subject(row);
}

/** Why there is nothing to do about a selected row; null when there is. */
export function whyNoActions(board: Board): string | null {
  if (!screenOf(board).detail) return "nothing on this screen can be acted on";
  if (selectedRow(board) === undefined) return "nothing is selected";
  if (isReading(board)) return null;
  return actionsHere(board).length > 0 ? null : "nothing can be done about it";
}

/** Begins an action: asks for what its command still lacks, and for a word where it moves money. */
function begin(board: Board, action: Action): void {
  if (action.blockedBy) {
    say(board, `${action.title}: ${action.blockedBy}`, true);
    return;
  }
  openPanel(board, { kind: "ask", action, asked: blanksOf(action.command), answers: [], text: "" });
}

/** What stands before the text that is typed. */
export function questionOf(
  board: Board,
  { action, asked, answers }: Extract<Panel, { kind: "ask" }>,
): string {
  const blank = asked[answers.length];
  if (blank) return `${action.title}: ${blank.toLowerCase()}?`;
  const all = action.each ? ` for all ${action.each.length}` : "";
  return `type ${wordOf(board, action)} and Enter${all}, Esc leaves it`;
}

/** Where real money moves, the profile's name is typed. */
const wordOf = ({ options: { profile } }: Board, { confirm }: Action): string =>
  confirm && profile.live ? profile.name : (confirm?.word ?? "yes");

/** Enter where something is being typed or chosen. */
export function accept(board: Board): void {
  const { panel } = board;
  switch (panel?.kind) {
    case "filter":
      openPanel(board, null);
      filterBy(board, panel.text.trim());
      return;
    case "command":
      acceptCommand(board, panel);
      return;
    case "actions": {
      const action = actionsHere(board)[panel.index];
      if (action) begin(board, action);
      return;
    }
    case "ask":
      answer(board, panel);
      return;
    default:
      openPanel(board, null);
      return;
  }
}

function answer(board: Board, panel: Extract<Panel, { kind: "ask" }>): void {
  const { action, asked, answers, text } = panel;
  const said = text.trim();
  if (answers.length >= asked.length) {
    if (said.toLowerCase() === wordOf(board, action).toLowerCase()) {
      doAction(board, action, answers);
      return;
    }
    board.panel = { ...panel, text: "" };
    say(board, `not done: ${wordOf(board, action)} was to be typed`, true);
    return;
  }
  // Nothing said is no answer; Enter alone goes nowhere.
  if (said === "") return;
  const all = [...answers, said];
  // Who typed what it needs has said yes, where no money moves.
  if (all.length === asked.length && action.confirm === null) {
    doAction(board, action, all);
    return;
  }
  openPanel(board, { ...panel, answers: all, text: "" });
}

function doAction(board: Board, { command, each }: Action, answers: readonly string[]): void {
  openPanel(board, null);
  if (each) void runEach(board, each, answers);
  else void runOne(board, filledIn(command, answers), "message");
}

/** The typed line, or the suggestion that was moved to. */
function acceptCommand(board: Board, { text, index }: Extract<Panel, { kind: "command" }>): void {
  const chosen = index >= 0 ? suggestionsFor(board, text)[index]?.line : undefined;
  const line = (chosen ?? text).trim().replace(/^mkt /, "");
  openPanel(board, null);
  if (line === "") return;
  if (line === "quit" || line === "q") {
    board.options.quit(0);
    return;
  }
  const screen = board.options.screens.findIndex(({ name }) => name === line);
  if (screen >= 0) {
    showScreen(board, screen);
    return;
  }
  if (NOT_HERE.test(line)) {
    say(board, `it wants a terminal of its own: run mkt ${line} in another shell`, true);
    return;
  }
  try {
    void runOne(board, wordsOf(line), "panel");
  } catch (error) {
    say(board, problemText(error), true);
  }
}

/** A character more, where something is being typed. */
export function type(board: Board, character: string): void {
  edit(board, (text) => text + character);
}

export function edit(board: Board, change: (text: string) => string): void {
  const { panel } = board;
  if (!panel || !("text" in panel)) return;
  const text = change(panel.text);
  // What was said last stands where this is typed.
  board.message = null;
  if (panel.kind === "command") board.panel = { ...panel, text, index: -1 };
  else if (panel.kind === "help") board.panel = { ...panel, text, top: 0 };
  else board.panel = { ...panel, text };
  changed(board);
}

/** Up and down where something lies over the board. */
export function movePanel(board: Board, by: number): void {
  const { panel } = board;
  if (panel?.kind === "command" || panel?.kind === "actions") {
    const count =
      panel.kind === "command"
        ? suggestionsFor(board, panel.text).length
        : actionsHere(board).length;
    const first = panel.kind === "command" ? -1 : 0;
    const index = Math.max(first, Math.min(count - 1, panel.index + by));
    board.panel = { ...panel, index };
  } else if (panel && "top" in panel) {
    board.panel = { ...panel, top: Math.max(0, panel.top + by) };
  }
  changed(board);
}

/** Takes the suggestion into the line, to go on typing. */
export function completeCommand(board: Board): void {
  const { panel } = board;
  if (panel?.kind !== "command") return;
  const chosen = suggestionsFor(board, panel.text)[Math.max(0, panel.index)];
  if (chosen) openPanel(board, { kind: "command", text: `${chosen.line} `, index: -1 });
}

/** The commands that were run from here, one a line, as a shell takes them. */
const doneText = ({ done }: Board): string => done.map(({ line }) => `${line}\n`).join("");

export function copyDone(board: Board): void {
  board.options.copy(doneText(board));
  say(board, "copied to the clipboard, if the terminal lets programs do that");
}

export async function saveDone(board: Board): Promise<void> {
  try {
    say(board, `saved as ${await board.options.save(doneText(board))}`);
  } catch (error) {
    say(board, `not saved: ${problemText(error)}`, true);
  }
}
