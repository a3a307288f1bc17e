import { forgetKept } from "../operations/board/kept.ts";
import {
  type Board,
  changed,
  choose,
  filterBy,
  moveBy,
  moveToEnd,
  openPanel,
  type Panel,
  pageOf,
  refreshDetail,
  reload,
  say,
  screenOf,
  selectedRow,
  showScreen,
  stateOf,
  turn,
} from "./board.ts";
import type { KeyPress } from "./key-press.ts";
import { openShared, toggleMark, unmark, whyNoMark } from "./marked.ts";
import {
  accept,
  completeCommand,
  copyDone,
  edit,
  movePanel,
  saveDone,
  type as typeCharacter,
  whyNoActions,
} from "./panels.ts";
import type { Screen } from "./screen.ts";

/** Where a key means something: on the board itself, or in what lies over it. */
export type Place = "board" | Panel["kind"];

/** A key, what it does, and why it does not just now. Help, footer and docs/keys.md are made from these. */
export interface Key {
  presses: readonly KeyPress[];
  /** How people read it. */
  shown: string;
  description: string;
  places: readonly Place[];
  /** Its place in the footer, the best first; undefined: not there. */
  footer?: number;
  /** What the footer says of it. */
  short?: string;
  /** Why it does nothing now; null when it does. */
  disabled?: (board: Board) => string | null;
  run: (board: Board) => void;
}

const TYPING: readonly Place[] = ["filter", "command", "help", "ask"];
const SCROLLED: readonly Place[] = ["done", "output", "actions"];
const PAGE = (board: Board) => Math.max(1, board.listRows - 1);

const noRows = (board: Board): string | null => {
  if (!screenOf(board).list) return null;
  if (stateOf(board).isOther) return "still reading";
  return (pageOf(board)?.rows.length ?? 0) > 0 ? null : "there are no rows";
};
const noDetail = (board: Board): string | null => {
  if (!screenOf(board).detail) return "this screen has nothing more about a row";
  return selectedRow(board) === undefined ? "nothing is selected" : null;
};
/** Where keys move in lines, not in rows. */
const isText = (board: Board): boolean =>
  stateOf(board).focus === "detail" || !screenOf(board).list;
const hasMarks = (board: Board): boolean => stateOf(board).marked.size > 0;
const nothingDone = ({ done }: Board): string | null =>
  done.length > 0 ? null : "nothing was done from here yet";

/** Every key that all screens have. */
const COMMON: readonly Key[] = [
  {
    presses: ["j", "down"],
    shown: "j ↓",
    description: "one row down",
    places: ["board"],
    disabled: noRows,
    run: (board) => moveBy(board, 1),
  },
  {
    presses: ["k", "up"],
    shown: "k ↑",
    description: "one row up",
    places: ["board"],
    disabled: noRows,
    run: (board) => moveBy(board, -1),
  },
  {
    presses: [" "],
    shown: "Space",
    description:
      "mark the row, or take its mark away, and go to the next: a acts on all marked; in a text one page down",
    places: ["board"],
    disabled: (board) => (isText(board) ? null : whyNoMark(board)),
    run: (board) => (isText(board) ? moveBy(board, PAGE(board)) : toggleMark(board)),
  },
  {
    presses: ["pagedown"],
    shown: "PgDn",
    description: "one page down",
    places: ["board"],
    disabled: noRows,
    run: (board) => moveBy(board, PAGE(board)),
  },
  {
    presses: ["pageup"],
    shown: "PgUp",
    description: "one page up",
    places: ["board"],
    disabled: noRows,
    run: (board) => moveBy(board, -PAGE(board)),
  },
  {
    presses: ["g", "home"],
    shown: "g Home",
    description: "to the first row",
    places: ["board"],
    disabled: noRows,
    run: (board) => moveToEnd(board, "first"),
  },
  {
    presses: ["G", "end"],
    shown: "G End",
    description: "to the last row",
    places: ["board"],
    disabled: noRows,
    run: (board) => moveToEnd(board, "last"),
  },
  {
    presses: ["enter", "right", "l"],
    shown: "Enter",
    description: "open the selected row: its whole story, which the keys then scroll",
    places: ["board"],
    footer: 1,
    short: "open",
    disabled: noDetail,
    run: (board) => {
      stateOf(board).focus = "detail";
      changed(board);
    },
  },
  {
    presses: ["esc", "left", "h"],
    shown: "Esc",
    description:
      "back: from the story to the list, from marks to none, from a filter to all rows; never leaves",
    places: ["board"],
    run: goBack,
  },
  {
    presses: ["a"],
    shown: "a",
    description: "act: what can be done about the selected row or all marked, and what blocks it",
    places: ["board"],
    footer: 2,
    short: "act",
    disabled: (board) => (hasMarks(board) ? null : whyNoActions(board)),
    run: (board) => {
      if (hasMarks(board)) void openShared(board);
      else openPanel(board, { kind: "actions", index: 0 });
    },
  },
  {
    presses: ["/"],
    shown: "/",
    description: "filter the list",
    places: ["board"],
    footer: 3,
    short: "filter",
    disabled: (board) => (screenOf(board).filterHint ? null : "this screen has no filter"),
    run: (board) => openPanel(board, { kind: "filter", text: stateOf(board).filter }),
  },
  {
    presses: [":"],
    shown: ":",
    description: "command line: any mkt command, or a screen by its name",
    places: ["board"],
    footer: 6,
    short: "command",
    run: (board) => openPanel(board, { kind: "command", text: "", index: -1 }),
  },
  {
    presses: ["@"],
    shown: "@",
    description: "the exact mkt commands of what was done here; c copies, s saves them",
    places: ["board"],
    disabled: nothingDone,
    run: (board) => openPanel(board, { kind: "done", top: 0 }),
  },
  {
    presses: ["R"],
    shown: "R",
    description: "read everything again now",
    places: ["board"],
    run: (board) => {
      say(board, "read again");
      forgetKept(board.options.reach.deps.board);
      refreshDetail(board);
      reload(board);
    },
  },
  {
    presses: ["?"],
    shown: "?",
    description: "help: every key; typing searches in it",
    places: ["board"],
    footer: 4,
    short: "help",
    run: (board) => openPanel(board, { kind: "help", text: "", top: 0 }),
  },
  {
    presses: ["tab"],
    shown: "Tab",
    description: "the next screen",
    places: ["board"],
    run: (board) => showScreen(board, board.current + 1),
  },
  {
    presses: ["shift-tab"],
    shown: "Shift-Tab",
    description: "the screen before",
    places: ["board"],
    run: (board) => showScreen(board, board.current - 1),
  },
  {
    presses: ["q"],
    shown: "q",
    description: "quit",
    places: ["board"],
    footer: 5,
    short: "quit",
    run: ({ options }) => options.quit(0),
  },
  {
    presses: ["ctrl-c"],
    shown: "Ctrl-C",
    description: "quit at once, with exit code 130",
    places: ["board", ...TYPING, ...SCROLLED],
    run: ({ options }) => options.quit(130),
  },
  {
    presses: ["enter"],
    shown: "Enter",
    description: "take what was typed or chosen; alone it confirms nothing that moves money",
    places: ["filter", "command", "ask", "actions"],
    footer: 1,
    short: "take",
    run: accept,
  },
  {
    presses: ["esc"],
    shown: "Esc",
    description: "leave it as it was",
    places: [...TYPING, ...SCROLLED],
    footer: 2,
    short: "back",
    run: (board) => openPanel(board, null),
  },
  {
    presses: ["down"],
    shown: "↓",
    description: "the next line or suggestion",
    places: ["command", "help"],
    footer: 3,
    short: "next",
    run: (board) => movePanel(board, 1),
  },
  {
    presses: ["up"],
    shown: "↑",
    description: "the line or suggestion before",
    places: ["command", "help"],
    run: (board) => movePanel(board, -1),
  },
  {
    presses: ["tab"],
    shown: "Tab",
    description: "take the suggestion into the line, and go on typing",
    places: ["command"],
    footer: 4,
    short: "complete",
    run: completeCommand,
  },
  {
    presses: ["backspace"],
    shown: "Backspace",
    description: "delete a character",
    places: TYPING,
    run: (board) => edit(board, (text) => [...text].slice(0, -1).join("")),
  },
  {
    presses: ["ctrl-u"],
    shown: "Ctrl-U",
    description: "delete the line",
    places: TYPING,
    run: (board) => edit(board, () => ""),
  },
  {
    presses: ["j", "down"],
    shown: "j ↓",
    description: "one line down",
    places: SCROLLED,
    run: (board) => movePanel(board, 1),
  },
  {
    presses: ["k", "up"],
    shown: "k ↑",
    description: "one line up",
    places: SCROLLED,
    run: (board) => movePanel(board, -1),
  },
  {
    presses: ["pagedown", " "],
    shown: "PgDn Space",
    description: "one page down",
    places: ["done", "output", "help"],
    run: (board) => movePanel(board, PAGE(board)),
  },
  {
    presses: ["pageup"],
    shown: "PgUp",
    description: "one page up",
    places: ["done", "output", "help"],
    run: (board) => movePanel(board, -PAGE(board)),
  },
  {
    presses: ["c"],
    shown: "c",
    description: "copy the commands",
    places: ["done"],
    footer: 3,
    short: "copy",
    run: copyDone,
  },
  {
    presses: ["s"],
    shown: "s",
    description: "save the commands in a file",
    places: ["done"],
    footer: 4,
    short: "save",
    run: (board) => void saveDone(board),
  },
  {
    presses: ["q", "enter"],
    shown: "q",
    description: "close it",
    places: ["done", "output"],
    run: (board) => openPanel(board, null),
  },
];

/** The keys of everything, with the numbers of these screens and what one of them has of its own. */
export function keysFor(screens: readonly Screen[], current: Screen | undefined): Key[] {
  const numbers = screens.map(
    ({ title }, index): Key => ({
      presses: [String(index + 1)],
      shown: String(index + 1),
      description: `the screen ${title}`,
      places: ["board"],
      run: (board) => showScreen(board, index),
    }),
  );
  const own = (current?.choices ?? []).flatMap((choice): Key[] => {
    const { key, name, description, values, valueKeys = [] } = choice;
    const next: Key = {
      presses: [key],
      shown: key,
      description: `${description}: ${values.join(", ")}`,
      places: ["board"],
      run: (board) => turn(board, name),
    };
    const each = valueKeys.map(
      (valueKey, index): Key => ({
        presses: [valueKey],
        shown: valueKey,
        description: `${description}: ${values[index]}`,
        places: ["board"],
        run: (board) => choose(board, choice, values[index] ?? ""),
      }),
    );
    return [next, ...each];
  });
  return [...own, ...COMMON, ...numbers];
}

const placeOf = ({ panel }: Board): Place => panel?.kind ?? "board";

/** Does what a key means where one is. */
export function press(board: Board, pressed: KeyPress): void {
  const place = placeOf(board);
  const key = keysFor(board.options.screens, screenOf(board)).find(
    ({ presses, places }) => presses.includes(pressed) && places.includes(place),
  );
  const isCharacter = [...pressed].length === 1 && pressed >= " ";
  // While somebody types, a space is a space.
  if (TYPING.includes(place) && isCharacter) {
    typeCharacter(board, pressed);
    return;
  }
  if (!key) {
    if (isCharacter) say(board, `${pressed} does nothing here; ? shows every key`, true);
    return;
  }
  const why = key.disabled?.(board) ?? null;
  if (why) {
    say(board, `${key.shown}: ${why}`, true);
    return;
  }
  if (place === "board") board.message = null;
  key.run(board);
}

/** The five best keys of where one is, those that do something now. */
export function footerKeys(board: Board): Key[] {
  const place = placeOf(board);
  return keysFor(board.options.screens, screenOf(board))
    .filter(({ places, footer }) => footer !== undefined && places.includes(place))
    .filter(({ disabled }) => !disabled?.(board))
    .sort((a, b) => (a.footer ?? 0) - (b.footer ?? 0))
    .slice(0, 5);
}

function goBack(board: Board): void {
  const state = stateOf(board);
  if (state.focus === "detail") {
    state.focus = "list";
    changed(board);
    return;
  }
  if (board.stopAfterThis) {
    board.stopAfterThis();
    return;
  }
  if (hasMarks(board)) {
    unmark(board);
    return;
  }
  if (state.filter !== "") {
    filterBy(board, "");
    return;
  }
  say(board, "q quits");
}

const PLACES: Readonly<Record<Place, string>> = {
  board: "on the board",
  filter: "while a filter is typed",
  command: "in the command line",
  help: "in help",
  actions: "in the list of what can be done",
  ask: "when asked",
  done: "in the list of what was done",
  output: "in what a command printed",
};

/** docs/keys.md. */
export function keysDocument(screens: readonly Screen[]): string {
  const row = ({ shown, description }: Key) =>
    `| \`${shown.replaceAll("|", "\\|")}\` | ${description} |`;
  const table = (keys: readonly Key[]) => ["| key | does |", "| --- | --- |", ...keys.map(row)];
  const common = keysFor(screens, undefined);
  const sections = Object.entries(PLACES).flatMap(([place, words]) => [
    "",
    `## ${words[0]?.toUpperCase()}${words.slice(1)}`,
    "",
    ...table(common.filter(({ places }) => places.includes(place as Place))),
  ]);
  const own = screens
    .filter(({ choices }) => choices?.length)
    .flatMap((screen) => {
      const keys = keysFor([], screen).slice(0, -COMMON.length);
      return ["", `## ${screen.title}`, "", `${screen.description}.`, "", ...table(keys)];
    });
  return [
    "# Keys of `mkt dashboard`",
    "",
    "Made from `src/tui/keys.ts` and the screens; `npx vitest run src/tui/keys.test.ts -u` writes it anew.",
    ...sections,
    ...own,
    "",
  ].join("\n");
}
