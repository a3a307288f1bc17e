import type { Page, PageWant } from "./screen.ts";

/** Where somebody is in a list of which some rows are loaded. */
export interface ListState {
  /** The selected row; null: there is none. */
  id: string | null;
  /** Where it is among the loaded rows. */
  index: number;
  /** The first row on the screen. */
  top: number;
}

export const EMPTY_LIST: ListState = { id: null, index: 0, top: 0 };
/** How many rows are loaded at once: several screens full, however many there are. */
export const PAGE_ROWS = 240;
/** Nearer to an end of the loaded rows than this, others are asked for. */
const MARGIN = 60;

/** Moves the selection by so many rows, as far as rows go. */
export function moved(
  state: ListState,
  ids: readonly string[],
  by: number,
  height: number,
): ListState {
  const index = Math.max(0, Math.min(ids.length - 1, state.index + by));
  return shown({ id: ids[index] ?? null, index, top: state.top }, ids.length, height);
}

/** The list after its rows changed: the selection stays on its row, and the row in its place on the screen. */
export function following(
  state: ListState,
  ids: readonly string[],
  height: number,
  atTop: boolean,
): ListState {
  if (ids.length === 0) return EMPTY_LIST;
  const found = state.id === null ? -1 : ids.indexOf(state.id);
  if (found < 0) {
    // Its row is gone: whatever took its place is selected.
    const index = Math.min(state.index, ids.length - 1);
    return shown({ id: ids[index] ?? null, index, top: state.top }, ids.length, height);
  }
  // At the very top, new rows are let in above it; further down nothing moves.
  const stays = atTop && state.top === 0 && found < height;
  const top = stays ? 0 : state.top + found - state.index;
  return shown({ id: state.id, index: found, top }, ids.length, height);
}

/** The list with its selection on the screen. */
function shown(state: ListState, count: number, height: number): ListState {
  const last = Math.max(0, count - height);
  const top = Math.max(state.index - height + 1, Math.min(state.top, state.index), 0);
  return { ...state, top: Math.min(top, last) };
}

/** What page to ask for when the selection comes near an end of the loaded rows; undefined: none. */
export function nextPage<Row>(
  { index, top }: ListState,
  { rows, hasBefore, hasAfter }: Page<Row>,
  cursorOf: (row: Row) => string,
  height: number,
): PageWant["from"] | undefined {
  const reach = Math.max(MARGIN, height);
  if (hasAfter && index + reach >= rows.length) {
    const first = rows[Math.max(0, top - MARGIN)];
    return first === undefined ? undefined : { after: cursorOf(first) };
  }
  if (hasBefore && index < reach) {
    const last = rows[Math.min(rows.length - 1, top + height + MARGIN)];
    return last === undefined ? undefined : { upTo: cursorOf(last) };
  }
  return undefined;
}
