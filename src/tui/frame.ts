import {
  type Board,
  type Panel,
  type ScreenState,
  type SharedActions,
  screenOf,
  selectedRow,
  stateOf,
} from "./board.ts";
import { filledIn, shellLine } from "./command-line.ts";
import { footerKeys, type Key, keysFor } from "./keys.ts";
import {
  cell,
  fitted,
  type Line,
  plain,
  type Span,
  type Tone,
  tone,
  widthOf,
  wrap,
} from "./lines.ts";
import { counted } from "./marks.ts";
import { actionsHere, isReading, questionOf, suggestionsFor } from "./panels.ts";
import type { Action, ListColumn, Page, RowCommand, ScreenList, View } from "./screen.ts";

/** Below this there is no room for anything. */
const SMALLEST = { columns: 60, rows: 15 };
/** From so many columns on, the story stands beside the list. */
const WIDE = 110;
/** What the list keeps of a wide screen. */
const LIST_SHARE = 0.5;
const HEADER_ROWS = 2;
const FOOTER_ROWS = 2;
/** Above a list's rows: what is shown of how many, and the titles. */
const HEAD_ROWS = 2;
/** So many marked rows are named where all of them are asked about. */
const NAMED_ROWS = 8;

/** Everything on the screen, each line as wide as it is; one row fewer than the terminal has. */
export function frameLines(board: Board): Line[] {
  const { columns, rows } = board.size;
  if (board.isResizing) return Array.from({ length: rows - 1 }, () => []);
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) return tooSmall(columns, rows);
  const height = rows - 1 - HEADER_ROWS - FOOTER_ROWS;
  const body = bodyLines(board, columns, height).slice(0, height);
  while (body.length < height) body.push([]);
  return [...headerLines(board), ...body, messageLine(board), footerLine(board)].map((line) =>
    fitted(line, columns),
  );
}

function tooSmall(columns: number, rows: number): Line[] {
  const needed = `${SMALLEST.columns}×${SMALLEST.rows}`;
  const text = `the dashboard needs ${needed}; this is ${columns}×${rows}. q quits`;
  return wrap(text, Math.max(1, columns))
    .slice(0, Math.max(1, rows - 1))
    .map((line) => fitted([line], columns));
}

const viewOf = (board: Board, columns: number): View => ({
  columns,
  now: board.options.reach.deps.now(),
});

function headerLines(board: Board): Line[] {
  const { columns } = board.size;
  const { reach } = board.options;
  const left: Line = [
    " ",
    tone("mkt", "bold"),
    "  ",
    profileSpan(board),
    "  ",
    linkSpan(board),
    "  ",
    storesSpan(board),
  ];
  const clock = clockText(reach.deps.now(), reach.deps.profile.timeZone);
  return [between(left, [tone(clock, "dim"), " "], columns), tabLine(board)];
}

/** The profile, in the colour of how careful one has to be, and in words. */
function profileSpan({ options: { profile } }: Board): Span {
  if (profile.live) return tone(` ${profile.name} LIVE `, "red", "bold", "inverse");
  return profile.name === "local" ? tone("local", "green") : tone(profile.name, "yellow", "bold");
}

function linkSpan({ lost }: Board): Span {
  return lost === null ? tone("● live", "green") : tone("○ lost, trying again", "red", "bold");
}

function storesSpan({ stores }: Board): Span {
  if (stores.length === 0) return tone("", "dim");
  const down = stores.filter(({ state }) => state !== "up");
  if (down.length === 0) return tone(`${stores.length} stores up`, "dim");
  const names = down.map(({ store, state }) => `${store} ${state.replaceAll("_", " ")}`);
  return tone(names.join(", "), "yellow", "bold");
}

function clockText(now: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone,
    dateStyle: "medium",
    timeStyle: "medium",
  }).format(new Date(now));
}

function tabLine(board: Board): Line {
  const tabs = board.options.screens.flatMap(({ title }, index): (string | Span)[] => {
    const text = ` ${index + 1} ${title} `;
    return [index === board.current ? tone(text, "bold", "inverse") : text];
  });
  return [" ", ...tabs];
}

/** Left and right of one line. */
function between(left: Line, right: Line, columns: number): Line {
  const room = columns - widthOf(right);
  return [...fitted(left, Math.max(0, room)), ...right];
}

function bodyLines(board: Board, columns: number, height: number): Line[] {
  const { panel } = board;
  switch (panel?.kind) {
    case "help":
      return helpLines(board, panel, columns, height);
    case "done":
      return doneLines(board, panel, height);
    case "output":
      return outputLines(panel, columns, height);
    case "actions":
      return actionLines(board, panel, columns, height);
    default: {
      const lines = screenLines(board, columns, height);
      if (panel?.kind === "ask") return withCommand(panel, lines, columns, height);
      return panel?.kind === "command" ? withSuggestions(board, panel, lines, columns) : lines;
    }
  }
}

/** The screen itself: what stands above, the list, and beside it the story of the selected row. */
function screenLines(board: Board, columns: number, height: number): Line[] {
  const screen = screenOf(board);
  const state = stateOf(board);
  if (state.problem && !state.isLoaded) return problemLines(state.problem, columns);
  if (!state.isLoaded) return [[], [tone("  reading…", "dim")]];
  const summary = screen.summary(state.data, viewOf(board, columns));
  const problem = state.problem ? problemLines(state.problem, columns) : [];
  if (!screen.list) {
    const lines = [...problem, ...summary];
    state.top = Math.min(state.top, Math.max(0, lines.length - height));
    return window(lines, state.top, height, "j");
  }
  const above = [...problem, ...summary];
  const room = height - above.length;
  const isWide = columns >= WIDE && screen.detail !== undefined;
  if (isWide) {
    const listColumns = Math.floor(columns * LIST_SHARE);
    const list = listLines(board, screen.list, listColumns, room);
    const story = detailLines(board, columns - listColumns - 3, room);
    return [...above, ...beside(list, story, listColumns, room)];
  }
  if (state.focus === "detail" && screen.detail)
    return detailLines(board, columns - 2, height).map(indented);
  return [...above, ...listLines(board, screen.list, columns, room)];
}

const indented = (line: Line): Line => [" ", ...line];

function problemLines(problem: string, columns: number): Line[] {
  return wrap(`! ${problem}`, columns - 2).map((line) => [" ", tone(line, "red")]);
}

function beside(
  left: readonly Line[],
  right: readonly Line[],
  columns: number,
  rows: number,
): Line[] {
  return Array.from({ length: rows }, (_, index): Line => {
    return [...fitted(left[index] ?? [], columns), tone(" │ ", "dim"), ...(right[index] ?? [])];
  });
}

/** The list's head and as many rows as there is room for. Tells the board how many that are. */
function listLines<Row>(
  board: Board,
  list: ScreenList<unknown, Row>,
  columns: number,
  room: number,
): Line[] {
  const state = stateOf(board);
  const page = list.page(state.data);
  const rows = Math.max(1, room - HEAD_ROWS);
  board.listRows = rows;
  const shown = list.columns.filter(
    ({ from = 0, below = Infinity }) => columns >= from && columns < below,
  );
  const widths = widthsOf(shown, columns - 2);
  const titles = shown.map(({ title, align }, at) => cell(title, widths[at] ?? 0, align)).join(" ");
  const head: Line[] = [
    between(choiceLine(board), [...(state.isOther ? [] : whereLine(state, page)), " "], columns),
    [tone(` ${titles}`, "bold")],
  ];
  if (page.rows.length === 0 && !state.isOther)
    return [...head, [], [tone(`  ${nothingText(state, list.nothing)}`, "dim")]];
  const view = viewOf(board, columns);
  const top = Math.max(0, Math.min(state.list.top, page.rows.length - 1));
  if (state.isOther) return [...head, ...otherRows(page.rows.slice(0, rows), shown, widths, view)];
  const isHere = state.focus === "list";
  const lines = page.rows.slice(top, top + rows).map((row): Line => {
    const id = list.idOf(row);
    const isMarked = state.marked.has(id);
    const parts = shown.map((column, at) => rowCell(column, row, widths[at] ?? 0, view));
    if (id !== state.list.id)
      return [isMarked ? tone("●", "yellow", "bold") : " ", ...spaced(parts)];
    // The first character says it without inverse too.
    const text = parts.map(({ text: one }) => one).join(" ");
    return [tone(cell(`${isMarked ? "◆" : "▸"}${text}`, columns - 1), ...selectedTones(isHere))];
  });
  return [...head, ...lines];
}

/** Rows that are about to go: what is read in their place does not flicker. */
function otherRows<Row>(
  rows: readonly Row[],
  columns: readonly ListColumn<Row>[],
  widths: readonly number[],
  view: View,
): Line[] {
  return rows.map((row) => {
    const parts = columns.map((column, at) => rowCell(column, row, widths[at] ?? 0, view).text);
    return [tone(` ${parts.join(" ")}`, "dim")];
  });
}

const selectedTones = (isHere: boolean): Tone[] => (isHere ? ["inverse"] : ["bold"]);

const nothingText = ({ filter }: ScreenState, nothing: string): string =>
  filter === "" ? nothing : `nothing matches ${filter}; Esc shows all`;

function rowCell<Row>(column: ListColumn<Row>, row: Row, columns: number, view: View): Span {
  const look = column.tone?.(row, view);
  return tone(cell(column.value(row, view), columns, column.align), ...(look ? [look] : []));
}

const spaced = (parts: readonly Span[]): Line =>
  parts.flatMap((part, index) => (index === 0 ? [part] : [" ", part]));

function widthsOf<Row>(columns: readonly ListColumn<Row>[], room: number): number[] {
  const fixed = columns.reduce((sum, { width }) => sum + (width === "rest" ? 0 : width), 0);
  const rest = columns.filter(({ width }) => width === "rest").length;
  const left = room - fixed - (columns.length - 1);
  return columns.map(({ width }) =>
    width === "rest" ? Math.max(4, Math.floor(left / Math.max(1, rest))) : width,
  );
}

/** What the keys of this screen stand at. */
function choiceLine(board: Board): Line {
  const { choices } = stateOf(board);
  return (screenOf(board).choices ?? []).flatMap(({ key, name }) => [
    " ",
    tone(key, "bold"),
    ` ${name} `,
    tone(choices[name] ?? "", "cyan"),
    " ",
  ]);
}

/** What is marked, and what is shown of how many. */
function whereLine<Row>(
  { list, filter, marked }: ScreenState,
  { rows, hasBefore, hasAfter, total }: Page<Row>,
): Line {
  const all = total === null ? `${rows.length}${hasAfter || hasBefore ? "+" : ""}` : counted(total);
  const at = hasBefore || rows.length === 0 ? "" : `${counted(list.index + 1)} of `;
  return [
    marked.size === 0 ? "" : tone(`● ${counted(marked.size)} marked  `, "yellow", "bold"),
    tone(`${filter === "" ? "" : `/${filter}  `}${at}${all}`, "dim"),
  ];
}

function detailLines(board: Board, columns: number, height: number): Line[] {
  const { detail } = screenOf(board);
  const state = stateOf(board);
  if (!detail) return [];
  const row = selectedRow(board);
  if (row === undefined) return [];
  // The story of another row is not shown in its place.
  if (state.detail?.subject !== detail.subject(row)) return [[], [tone("reading…", "dim")]];
  const { value, problem } = state.detail;
  if (value === undefined) return problem ? problemLines(problem, columns) : [];
  const lines = [
    ...(problem ? problemLines(problem, columns) : []),
    ...detail.lines(value, viewOf(board, columns)),
  ];
  state.detail.top = Math.min(state.detail.top, Math.max(0, lines.length - height));
  return window(lines, state.detail.top, height, state.focus === "detail" ? "j" : "Enter, then j");
}

/** As many lines as there is room for; in place of the last one, how many more there are and which key shows them. */
function window(lines: readonly Line[], top: number, height: number, key: string): Line[] {
  const visible = lines.slice(top, top + height);
  const left = lines.length - top - visible.length;
  if (left <= 0 || visible.length < 2) return visible;
  return [...visible.slice(0, -1), [tone(`↓ ${left + 1} more lines: ${key}`, "dim")]];
}

/** What can be done and what cannot, with the command of each and why not. */
function actionLines(
  board: Board,
  { index, shared }: Extract<Panel, { kind: "actions" }>,
  columns: number,
  height: number,
): Line[] {
  const lines = actionsHere(board).flatMap((action, at): Line[] =>
    actionBlock(action, at === index, columns),
  );
  const count = lines.length;
  if (isReading(board)) lines.push([tone("  reading…", "dim")]);
  else if (shared?.problem) lines.push(...problemLines(shared.problem, columns));
  else if (lines.length === 0) lines.push([tone("  nothing that all of them share", "dim")]);
  const selected = index * 2;
  const top = Math.max(0, Math.min(selected - 2, count - height + 2));
  return [actionsTitle(board, shared), [], ...window(lines, top, height - 2, "j")];
}

/** Whom what is chosen next is done to: the panel hides the list. */
function actionsTitle(board: Board, shared: SharedActions | undefined): Line {
  if (shared) return [tone(` What can be done with all ${shared.count} marked`, "bold")];
  const subject = stateOf(board).detail?.subject ?? "";
  return [tone(" What can be done", "bold"), tone(`  ${subject}`, "dim")];
}

function actionBlock(
  { title, command, blockedBy }: Action,
  isSelected: boolean,
  columns: number,
): Line[] {
  const standing = blockedBy ? tone("blocked ", "yellow") : tone("can     ", "green");
  const text = blockedBy ? `${title}: ${blockedBy}` : title;
  const shown = cell(`${isSelected ? "▸" : " "} ${text}`, columns - 12);
  return [
    [" ", standing, isSelected ? tone(shown, "inverse") : shown],
    [tone(`           $ ${command}`, "dim")],
  ];
}

function doneLines(board: Board, panel: Extract<Panel, { kind: "done" }>, height: number): Line[] {
  const rows = board.done.map(({ line, at, exitCode }): Line => {
    const end =
      exitCode === 0 ? tone("done    ", "green") : tone(cell(`exit ${exitCode}`, 8), "red");
    return [" ", tone(at.slice(11, 19), "dim"), "  ", end, "  ", line];
  });
  return [
    [tone(" Done from here, as a shell takes it", "bold")],
    [],
    ...scrolled(rows, panel, height - 2),
  ];
}

function outputLines(
  panel: Extract<Panel, { kind: "output" }>,
  columns: number,
  height: number,
): Line[] {
  const lines = panel.lines.flatMap((line) => folded(line, columns - 2));
  return [
    [tone(` ${panel.title}`, "bold")],
    [],
    ...scrolled(lines, panel, height - 2).map(indented),
  ];
}

/** A line in as many as it takes. */
function folded(line: Line, columns: number): Line[] {
  const looks = line.flatMap((part) => (typeof part === "string" ? [] : part.tones));
  return wrap(plain(line), columns).map((text) => [tone(text, ...looks)]);
}

/** As many lines as there is room for; keeps the panel from scrolling beyond its end. */
function scrolled(lines: readonly Line[], panel: { top: number }, height: number): Line[] {
  panel.top = Math.min(panel.top, Math.max(0, lines.length - height));
  return lines.slice(panel.top, panel.top + height);
}

function helpLines(
  board: Board,
  panel: Extract<Panel, { kind: "help" }>,
  columns: number,
  height: number,
): Line[] {
  const wanted = panel.text.toLowerCase();
  const keys = keysFor(board.options.screens, screenOf(board)).filter(({ places }) =>
    places.some((place) => place !== "help"),
  );
  const found = keys.filter(({ shown, description }) =>
    `${shown} ${description}`.toLowerCase().includes(wanted),
  );
  const lines = found.flatMap((key) => helpLine(board, key, columns));
  const title: Line = [tone(" Help", "bold"), `  ${screenOf(board).description}`];
  return [title, [], ...scrolled(lines, panel, height - 2)];
}

function helpLine(board: Board, key: Key, columns: number): Line[] {
  const onBoard = key.places.includes("board");
  const why = onBoard ? (key.disabled?.(board) ?? null) : null;
  const where = onBoard ? "" : ` (${key.places.join(", ")})`;
  const texts = wrap(`${key.description}${where}${why ? `: not now, ${why}` : ""}`, columns - 16);
  return texts.map((text, at): Line => {
    return [
      " ",
      tone(cell(at === 0 ? key.shown : "", 12), "bold"),
      "  ",
      why ? tone(text, "dim") : text,
    ];
  });
}

/** The suggestions over the last lines of the screen. */
function withSuggestions(
  board: Board,
  { text, index }: Extract<Panel, { kind: "command" }>,
  lines: readonly Line[],
  columns: number,
): Line[] {
  const height = board.size.rows - 1 - HEADER_ROWS - FOOTER_ROWS;
  const found = suggestionsFor(board, text).map(({ line, summary }, at): Line => {
    const shown = cell(`${at === index ? "▸" : " "} ${cell(line, 26)} ${summary}`, columns - 1);
    return [at === index ? tone(shown, "inverse") : tone(shown, "cyan")];
  });
  const kept = [...lines.slice(0, height - found.length)];
  while (kept.length < height - found.length) kept.push([]);
  return [...kept, ...found];
}

/** What is asked about, over the last lines of the screen: the exact command, with what was answered. */
function withCommand(
  { action: { title, command, each }, answers }: Extract<Panel, { kind: "ask" }>,
  lines: readonly Line[],
  columns: number,
  height: number,
): Line[] {
  const line = shellLine(["mkt", ...filledIn(command, answers)]).replaceAll("'…'", "…");
  const asked: Line[] = [
    [],
    [" ", tone(title, "bold"), each ? `, for each of these ${each.length}:` : ""],
    ...wrap(`$ ${line}`, columns - 5).map((part): Line => ["   ", tone(part, "cyan")]),
    ...eachLines(each ?? []),
  ];
  const kept = lines.slice(0, height - asked.length);
  while (kept.length < height - asked.length) kept.push([]);
  return [...kept, ...asked];
}

/** The first rows that something is about to be done to, and how many more there are. */
function eachLines(each: readonly RowCommand[]): Line[] {
  const shown = each.length > NAMED_ROWS ? each.slice(0, NAMED_ROWS - 1) : each;
  const more = each.length - shown.length;
  return [
    ...shown.map(({ sentence }): Line => [`   ● ${sentence}`]),
    ...(more > 0 ? [[tone(`   … and ${counted(more)} more`, "dim")]] : []),
  ];
}

/** What is being typed, or what was said last. */
function messageLine(board: Board): Line {
  const { panel, message, running } = board;
  if (message) return [" ", message.isProblem ? tone(`! ${message.text}`, "red") : message.text];
  switch (panel?.kind) {
    case "filter":
      return typed("/", panel.text, screenOf(board).filterHint);
    case "command":
      return typed(":", panel.text, "a screen, or a command without mkt");
    case "help":
      return typed("search: ", panel.text, "type to search in the keys");
    case "ask":
      return askLine(board, panel);
    default:
      if (running) return [" ", tone(`… ${running}`, "cyan")];
      return board.lost ? [" ", tone(`! ${board.lost}`, "red")] : [];
  }
}

function askLine(board: Board, panel: Extract<Panel, { kind: "ask" }>): Line {
  const { confirm } = panel.action;
  const isLast = panel.answers.length >= panel.asked.length;
  const danger: Line = isLast && confirm ? [tone(`${confirm.sentence} `, "red", "bold")] : [];
  return [
    " ",
    profileSpan(board),
    " ",
    ...danger,
    ...typed(`${questionOf(board, panel)} `, panel.text, undefined),
  ];
}

/** A line that is being typed, with its cursor. */
function typed(before: string, text: string, hint: string | undefined): Line {
  const cursor = tone(" ", "inverse");
  const rest: Line = text === "" && hint ? [tone(` ${hint}`, "dim")] : [];
  return [" ", tone(before, "bold"), text, cursor, ...rest];
}

function footerLine(board: Board): Line {
  const keys = footerKeys(board).flatMap(({ shown, short = "" }): (string | Span)[] => [
    tone(shown, "bold"),
    ` ${short}   `,
  ]);
  return [" ", ...keys];
}
