import pMap from "p-map";
import {
  type Board,
  changed,
  moveBy,
  openPanel,
  problemText,
  type SharedActions,
  screenOf,
  selectedRow,
  stateOf,
} from "./board.ts";
import type { Action } from "./screen.ts";

/** So many stories are read at once. */
const READERS = 4;
const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** Stands for what differs from row to row. */
const OTHER = "…";

/** A marked row, or several that are about one thing, and what can be done about it. */
interface MarkedRow {
  ids: readonly string[];
  actions: readonly Action[];
}

/** Why the selected row cannot be marked; null: it can. */
export function whyNoMark(board: Board): string | null {
  const { list, detail } = screenOf(board);
  if (!list || !detail) return "nothing on this screen can be marked";
  return selectedRow(board) === undefined ? "there are no rows" : null;
}

/** Marks the selected row, or takes its mark away, and goes to the next. */
export function toggleMark(board: Board): void {
  const { list, detail } = screenOf(board);
  const row = selectedRow(board);
  if (!list || !detail || row === undefined) return;
  const state = stateOf(board);
  const id = list.idOf(row);
  const marked = new Map(state.marked);
  if (!marked.delete(id)) marked.set(id, detail.subject(row));
  state.marked = marked;
  moveBy(board, 1);
}

/** Takes away the marks of these rows, or all. */
export function unmark(board: Board, ids?: ReadonlySet<string>, state = stateOf(board)): void {
  state.marked = new Map([...state.marked].filter(([id]) => ids && !ids.has(id)));
  changed(board);
}

/** Opens the list of what can be done about all marked rows, and reads it. */
export async function openShared(board: Board): Promise<void> {
  const { detail } = screenOf(board);
  const { marked } = stateOf(board);
  // Two rows may be of one order: what is done to it is done once.
  const subjects = new Map<string, string[]>();
  for (const [id, subject] of marked) subjects.set(subject, [...(subjects.get(subject) ?? []), id]);
  const shared: SharedActions = { count: subjects.size, actions: null, problem: null };
  openPanel(board, { kind: "actions", index: 0, shared });
  try {
    const rows = await pMap(
      subjects,
      async ([subject, ids]): Promise<MarkedRow> => {
        const value = await detail?.load(subject, board.options.reach);
        return { ids, actions: detail?.actions(value) ?? [] };
      },
      { concurrency: READERS },
    );
    shared.actions = sharedActions(rows);
  } catch (error) {
    Object.assign(shared, { actions: [], problem: problemText(error) });
  }
  changed(board);
}

/** What can be done about each of these rows by the same command, but for its ids. */
export function sharedActions(rows: readonly MarkedRow[]): Action[] {
  const [first] = rows;
  const shapes = new Set(first?.actions.map(({ command }) => shapeOf(command)));
  return [...shapes].flatMap((shape) => {
    const found = rows.map(({ ids, actions }) => {
      const same = actions.filter(({ command }) => shapeOf(command) === shape);
      // Of two, nobody could say which is meant.
      return same.length === 1 && same[0] ? { ids, action: same[0] } : null;
    });
    const whole = found.filter((one) => one !== null);
    return whole.length === rows.length ? [sharedAction(shape, whole)] : [];
  });
}

function sharedAction(
  shape: string,
  rows: readonly { ids: readonly string[]; action: Action }[],
): Action {
  const [first] = rows;
  const blocked = rows.filter(({ action }) => action.blockedBy !== null);
  const isSame = rows.every(({ action }) => action.title === first?.action.title);
  const word = first?.action.confirm?.word ?? "yes";
  return {
    title: isSame && first ? first.action.title : shape.replace(/^mkt /, ""),
    command: shape,
    blockedBy:
      blocked.length === 0
        ? null
        : `${blocked.length} of ${rows.length}: ${blocked[0]?.action.blockedBy}`,
    // However harmless one is: so many at once are asked about.
    confirm: { word, sentence: `All ${rows.length} of them.` },
    each: rows.map(({ ids, action: { command, confirm } }) => {
      return { ids, command, sentence: confirm?.sentence ?? command };
    }),
  };
}

const shapeOf = (command: string): string => command.replaceAll(ID, OTHER);
