import { type Board, pageOf, screenOf, stateOf } from "./board.ts";
import { footerKeys } from "./keys.ts";
import { type Line, plain } from "./lines.ts";
import { actionsHere, questionOf } from "./panels.ts";
import type { ListColumn, View } from "./screen.ts";

/** So many rows are read out after the selected one. */
const ROWS = 10;

/** A row as its labelled values: what a column means does not depend on where it stands. */
export function labelled<Row>(columns: readonly ListColumn<Row>[], row: Row, view: View): string {
  return columns
    .map((column) => [column.title.toLowerCase(), column.value(row, view).trim()] as const)
    .filter(([, value]) => value !== "")
    .map(([title, value]) => (title === "" ? value : `${title} ${value}`))
    .join(", ");
}

/** What the board says to somebody who hears it: one thing after another, each with its name. */
export function linearLines(board: Board): Line[] {
  const screen = screenOf(board);
  const state = stateOf(board);
  const { panel, message, lost, running } = board;
  const columns = board.size.columns;
  const view: View = { columns, now: board.options.reach.deps.now() };
  const lines: string[] = [
    `Screen ${screen.title}, ${board.current + 1} of ${board.options.screens.length}, profile ${board.options.profile.name}.`,
  ];
  if (lost) lines.push(`Connection lost: ${lost}`);
  if (running) lines.push(`Running: ${running}`);
  if (message) lines.push(message.isProblem ? `Problem: ${message.text}` : message.text);
  if (panel) return [...lines, ...panelLines(board)].map((line) => [line]);
  if (state.problem) lines.push(`Problem: ${state.problem}`);
  if (!state.isLoaded) return [...lines, "Reading."].map((line) => [line]);
  lines.push(...screen.summary(state.data, view).map(plain));
  if (state.focus === "detail" && screen.detail && state.detail?.value !== undefined) {
    lines.push("The selected row:", ...screen.detail.lines(state.detail.value, view).map(plain));
  } else lines.push(...rowLines(board, view));
  lines.push(
    `Keys: ${footerKeys(board)
      .map(({ shown, short }) => `${shown} ${short}`)
      .join(", ")}.`,
  );
  return lines.filter((line) => line.trim() !== "").map((line) => [line.trim()]);
}

function rowLines(board: Board, view: View): string[] {
  const { list } = screenOf(board);
  const page = pageOf(board);
  const { list: where, marked } = stateOf(board);
  const { index } = where;
  if (!list || !page) return [];
  if (page.rows.length === 0) return [list.nothing];
  const rows = page.rows.slice(index, index + ROWS).map((row, at) => {
    const text = labelled(list.columns, row, view);
    const mark = marked.has(list.idOf(row)) ? ", marked" : "";
    const name = at === 0 ? `Selected, row ${index + 1}` : `Row ${index + at + 1}`;
    return `${name}${mark}: ${text}.`;
  });
  return marked.size === 0 ? rows : [`Marked: ${marked.size}.`, ...rows];
}

function panelLines(board: Board): string[] {
  const { panel } = board;
  switch (panel?.kind) {
    case "ask": {
      const { confirm } = panel.action;
      return [
        ...(confirm ? [confirm.sentence] : []),
        ...(panel.action.each ?? []).map(({ sentence }) => sentence),
        questionOf(board, panel),
        `Typed: ${panel.text}`,
      ];
    }
    case "actions":
      return actionsHere(board).map(({ title, blockedBy, command }, at) => {
        const standing = blockedBy ? `blocked: ${blockedBy}` : "can be done";
        return `${at === panel.index ? "Selected: " : ""}${title}, ${standing}, ${command}`;
      });
    case "done":
      return board.done.map(({ line, exitCode }) => `${line}, exit ${exitCode}`);
    case "output":
      return [panel.title, ...panel.lines.map(plain)];
    case "help":
      return [`Help, searched for: ${panel.text}`];
    case "filter":
      return [`Filter: ${panel.text}`];
    case "command":
      return [`Command: ${panel.text}`];
    default:
      return [];
  }
}
