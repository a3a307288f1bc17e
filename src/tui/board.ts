import type { Invocation } from "../context.ts";
import { type Coalesced, coalesced } from "./coalesce.ts";
import type { Line, Theme } from "./lines.ts";
import { EMPTY_LIST, following, type ListState, moved, nextPage, PAGE_ROWS } from "./list-state.ts";
import type { LogNews } from "./live.ts";
import type { Action, Choice, Page, PageWant, Reach, Screen, Want } from "./screen.ts";

/** What the dashboard is given. */
export interface BoardOptions {
  reach: Reach;
  screens: readonly Screen[];
  theme: Theme;
  /** The profile's name, and whether real money moves there. */
  profile: { name: string; live: boolean };
  /** What `:` knows beside the screens: paths of commands, and what they do. */
  commands: readonly { path: string; summary: string }[];
  /** Runs a command line as if it had been typed. */
  run: (words: readonly string[]) => Promise<Invocation>;
  /** What has to be typed in front of a command for it to run here: profile and actor. */
  typedBefore: readonly string[];
  /** How the stores stand; asked every few seconds. */
  stores: () => Promise<StoreStanding[]>;
  /** Puts a text on the person's clipboard, through the terminal. */
  copy: (text: string) => void;
  /** Writes a text into a new file; gives its path. */
  save: (text: string) => Promise<string>;
  quit: (code: number) => void;
}

export interface StoreStanding {
  store: string;
  state: string;
}

/** What lies over the board, or is being typed below it. */
export type Panel =
  | { kind: "filter"; text: string }
  | { kind: "command"; text: string; index: number }
  | { kind: "help"; text: string; top: number }
  | { kind: "actions"; index: number; shared?: SharedActions }
  | { kind: "ask"; action: Action; asked: string[]; answers: string[]; text: string }
  | { kind: "done"; top: number }
  | { kind: "output"; title: string; lines: readonly Line[]; top: number };

/** What can be done about all marked rows. */
export interface SharedActions {
  count: number;
  /** Null while they are being read. */
  actions: readonly Action[] | null;
  problem: string | null;
}

/** A command line that was run from here, as it has to be typed. */
export interface DoneCommand {
  line: string;
  at: string;
  exitCode: number;
}

/** The detail beside a list. */
export interface DetailState {
  subject: string;
  value: unknown;
  problem: string | null;
  /** The first line on the screen. */
  top: number;
}

export interface ScreenState {
  data: unknown;
  isLoaded: boolean;
  /** The rows are still those of another filter or choice: none of them can be meant. */
  isOther: boolean;
  problem: string | null;
  filter: string;
  choices: Record<string, string>;
  from: PageWant["from"];
  list: ListState;
  /** The rows that were marked, by their id; with it what `detail` calls them. */
  marked: ReadonlyMap<string, string>;
  detail: DetailState | null;
  /** Which of both keys move in. */
  focus: "list" | "detail";
  /** Lines scrolled away where there is no list. */
  top: number;
}

/** Everything that the dashboard shows, and how it is told that something changed. */
export interface Board {
  readonly options: BoardOptions;
  current: number;
  readonly states: Map<string, ScreenState>;
  panel: Panel | null;
  message: { text: string; isProblem: boolean } | null;
  /** Why the log cannot be followed; null while it can. */
  lost: string | null;
  stores: readonly StoreStanding[];
  readonly done: DoneCommand[];
  /** The command line that runs now. */
  running: string | null;
  /** Ends a row of commands after the one that runs; null while there is no such row. */
  stopAfterThis: (() => void) | null;
  size: { columns: number; rows: number };
  /** The size changes just now: nothing is drawn. */
  isResizing: boolean;
  /** Rows of the list that fit; the frame says so. */
  listRows: number;
  version: number;
  readonly listeners: Set<() => void>;
  readonly loads: { screen: Coalesced; detail: Coalesced };
}

/** Data comes at most so often: four times a second. */
const DATA_GAP_MS = 250;
/** Who moves on within this does not want the story of what lies between. */
const DETAIL_GAP_MS = 60;

export function openBoard(options: BoardOptions, size: Board["size"]): Board {
  const board: Board = {
    options,
    current: 0,
    states: new Map(options.screens.map((screen) => [screen.name, freshState(screen)])),
    panel: null,
    message: null,
    lost: null,
    stores: [],
    done: [],
    running: null,
    stopAfterThis: null,
    size,
    isResizing: false,
    listRows: Math.max(1, size.rows - 8),
    version: 0,
    listeners: new Set(),
    loads: {
      screen: coalesced(() => loadScreen(board), DATA_GAP_MS),
      // Somebody moved to it and waits.
      detail: coalesced(() => loadDetail(board), DETAIL_GAP_MS, 0),
    },
  };
  return board;
}

export function closeBoard({ loads, listeners }: Board): void {
  listeners.clear();
  loads.screen.close();
  loads.detail.close();
}

/** Says that something is to be shown anew. */
export function changed(board: Board): void {
  board.version += 1;
  for (const listener of board.listeners) listener();
}

export const screenOf = (board: Board): Screen => {
  const screen = board.options.screens[board.current] ?? board.options.screens[0];
  if (!screen) throw new Error("a dashboard without screens");
  return screen;
};

export const stateOf = (board: Board, screen = screenOf(board)): ScreenState => {
  const state = board.states.get(screen.name);
  if (!state) throw new Error(`screen ${screen.name} has no state`);
  return state;
};

/** The loaded rows of the screen's list; undefined: it has none, or what was asked for is not loaded. */
export function pageOf(board: Board): Page<unknown> | undefined {
  const { list } = screenOf(board);
  const { isLoaded, isOther, data } = stateOf(board);
  return list && isLoaded && !isOther ? list.page(data) : undefined;
}

export function selectedRow(board: Board): unknown {
  return pageOf(board)?.rows[stateOf(board).list.index];
}

export function say(board: Board, text: string, isProblem = false): void {
  board.message = { text, isProblem };
  changed(board);
}

export function openPanel(board: Board, panel: Panel | null): void {
  board.panel = panel;
  board.message = null;
  changed(board);
}

export function showScreen(board: Board, index: number): void {
  const count = board.options.screens.length;
  board.current = (index + count) % count;
  board.panel = null;
  board.message = null;
  changed(board);
  reload(board);
}

/** Reads the screen again at once. */
export function reload(board: Board): void {
  board.loads.screen.askNow();
}

/** Filters the list, or shows all of it again. */
export function filterBy(board: Board, filter: string): void {
  const state = stateOf(board);
  Object.assign(state, { filter, from: "first", list: EMPTY_LIST, isOther: true });
  changed(board);
  reload(board);
}

/** The next value of a choice of the screen. */
export function turn(board: Board, name: string): void {
  const choice = screenOf(board).choices?.find((one) => one.name === name);
  if (!choice) return;
  const at = choice.values.indexOf(stateOf(board).choices[name] ?? "");
  choose(board, choice, choice.values[(at + 1) % choice.values.length] ?? "");
}

/** A value of a choice of the screen. */
export function choose(board: Board, { name, description }: Choice, value: string): void {
  const state = stateOf(board);
  // What is marked in one queue is nothing in another.
  Object.assign(state, { from: "first", list: EMPTY_LIST, isOther: true, marked: new Map() });
  state.choices = { ...state.choices, [name]: value };
  say(board, `${description}: ${value}`);
  reload(board);
}

/** Moves in the list, in the story, or in the lines of a screen without a list. */
export function moveBy(board: Board, by: number): void {
  const state = stateOf(board);
  const { list } = screenOf(board);
  if (state.focus === "detail" && state.detail) {
    state.detail = { ...state.detail, top: Math.max(0, state.detail.top + by) };
    changed(board);
    return;
  }
  const page = pageOf(board);
  if (!list || !page) {
    state.top = Math.max(0, state.top + by);
    changed(board);
    return;
  }
  const ids = page.rows.map((row) => list.idOf(row));
  state.list = moved(state.list, ids, by, board.listRows);
  afterMove(board, page);
}

/** To the first row or line, or to the last. */
export function moveToEnd(board: Board, end: "first" | "last"): void {
  const state = stateOf(board);
  const page = pageOf(board);
  const isElsewhere = end === "first" ? page?.hasBefore : page?.hasAfter;
  if (state.focus === "list" && isElsewhere) {
    Object.assign(state, {
      from: end,
      list: { id: null, index: end === "last" ? Infinity : 0, top: 0 },
    });
    reload(board);
    return;
  }
  moveBy(board, end === "first" ? -1_000_000 : 1_000_000);
}

/** Asks for other rows when the selection comes near the end of those that there are, and for its story. */
function afterMove(board: Board, page: Page<unknown>): void {
  const state = stateOf(board);
  const from = wantedPage(board, screenOf(board), page);
  if (from) {
    state.from = from;
    reload(board);
  }
  changed(board);
  board.loads.detail.ask();
}

/** What page the selection needs next; undefined: this one will do. The same one again would help nobody. */
function wantedPage(
  board: Board,
  screen: Screen,
  page: Page<unknown>,
): PageWant["from"] | undefined {
  const { list, from } = stateOf(board, screen);
  const cursorOf = screen.list?.cursorOf;
  const next = cursorOf && nextPage(list, page, cursorOf, board.listRows);
  return JSON.stringify(next) === JSON.stringify(from) ? undefined : next;
}

/** What the log told: the screen is read again, and the story when it is about the selected row. */
export function hear(board: Board, { subjects }: Pick<LogNews, "subjects">): void {
  board.loads.screen.ask();
  const { detail } = stateOf(board);
  if (detail && subjects.has(detail.subject)) {
    detail.problem = null;
    staleDetails.add(detail);
    board.loads.detail.ask();
  }
}

/** Details about which the log told something since they were read. */
const staleDetails = new WeakSet<DetailState>();

/** Reads what the screen shows. Never throws: what goes wrong stands on the screen. */
async function loadScreen(board: Board): Promise<void> {
  const screen = screenOf(board);
  const state = stateOf(board, screen);
  const { filter, choices, from } = state;
  const want: Want = { filter, choices, page: { from, limit: PAGE_ROWS } };
  try {
    const data = await screen.load(want, board.options.reach);
    // Whoever meanwhile asked for something else gets that with the next load.
    if (state.filter !== filter || state.choices !== choices || state.from !== from) return;
    Object.assign(state, { data, isLoaded: true, isOther: false, problem: null });
    if (screen.list) followRows(board, screen, screen.list.page(data));
  } catch (error) {
    state.problem = problemText(error);
  }
  changed(board);
  board.loads.detail.ask();
}

/** Keeps the selection on its row; new rows may have pushed it to the end of those that are loaded. */
function followRows(board: Board, screen: Screen, page: Page<unknown>): void {
  const state = stateOf(board, screen);
  const ids = page.rows.map((row) => screen.list?.idOf(row) ?? "");
  state.list = following(state.list, ids, board.listRows, !page.hasBefore);
  const next = wantedPage(board, screen, page);
  if (!next) return;
  state.from = next;
  board.loads.screen.ask();
}

/** Reads the story of the selected row, unless it is here already. */
async function loadDetail(board: Board): Promise<void> {
  const screen = screenOf(board);
  const { detail } = screen;
  const state = stateOf(board, screen);
  const row = selectedRow(board);
  if (!detail || row === undefined) {
    state.detail = null;
    return changed(board);
  }
  const subject = detail.subject(row);
  const before = state.detail?.subject === subject ? state.detail : null;
  if (before && !staleDetails.has(before) && before.problem === null) return;
  const read = { subject, top: before?.top ?? 0 };
  try {
    const value = await detail.load(subject, board.options.reach);
    state.detail = { ...read, value, problem: null };
  } catch (error) {
    state.detail = { ...read, value: before?.value, problem: problemText(error) };
  }
  changed(board);
  // Whoever moved on meanwhile wants another one.
  const now = selectedRow(board);
  const isSame = screenOf(board) === screen && now !== undefined && detail.subject(now) === subject;
  if (!isSame) board.loads.detail.ask();
}

/** Reads the story again, whatever is known of it. */
export function refreshDetail(board: Board): void {
  const { detail } = stateOf(board);
  if (detail) staleDetails.add(detail);
  board.loads.detail.askNow();
}

export function problemText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function freshState({ choices = [] }: Screen): ScreenState {
  return {
    data: undefined,
    isLoaded: false,
    isOther: false,
    problem: null,
    filter: "",
    choices: Object.fromEntries(choices.map(({ name, values }) => [name, values[0] ?? ""])),
    from: "first",
    list: EMPTY_LIST,
    marked: new Map(),
    detail: null,
    focus: "list",
    top: 0,
  };
}
