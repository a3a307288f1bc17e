import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import type { Line, Tone } from "./lines.ts";

/**
 * A screen of the dashboard, told as data: what it reads, and how that reads as lines. The frame does the rest: it
 * loads again when the log moves, keeps the selection on its row, windows the list, filters, pages, shows the
 * selected row's detail beside the list or on Enter, and prints the same lines as a snapshot and to screen readers.
 *
 * A new screen is one file with one constant of this type, and a line in `screens/all.ts`.
 */
export interface Screen<Data = unknown, Row = unknown, Detail = unknown> {
  /** Its word in the command line, in help and in `--json`. */
  readonly name: string;
  readonly title: string;
  /** One sentence for help. */
  readonly description: string;
  /** What keys of this screen turn over: a state, an order, a period. */
  readonly choices?: readonly Choice[];
  /** What `/` looks for, in words; undefined: this screen has no filter. */
  readonly filterHint?: string;
  /** It is also read again after so many seconds, whether the log told something or not; undefined: it is not. */
  readonly everySeconds?: number;
  /** Reads what it shows; called again after changes, at most four times a second. */
  load(want: Want, reach: Reach): Promise<Data>;
  /** The lines above the list, or the whole screen where there is none. */
  summary(data: Data, view: View): Line[];
  readonly list?: ScreenList<Data, Row>;
  readonly detail?: ScreenDetail<Row, Detail>;
  /** What `--json` prints. */
  snapshot(data: Data): unknown;
}

/** Something that a key of a screen turns over; the first value stands at the beginning. */
export interface Choice {
  readonly name: string;
  readonly key: string;
  readonly description: string;
  readonly values: readonly string[];
  /** A key for each value, which goes there at once; undefined: there are none. */
  readonly valueKeys?: readonly string[];
}

/** What the person at the screen wants to see. */
export interface Want {
  /** What was typed after `/`; empty: everything. */
  filter: string;
  /** The value of each choice by its name. */
  choices: Readonly<Record<string, string>>;
  page: PageWant;
}

/** Which rows of a list. Screens that have all their rows at once give them whatever this says. */
export interface PageWant {
  /**
   * The first rows, the last ones, those from a row on, or those up to it; the row itself is among them. The cursor is
   * what `cursorOf` gave for it.
   */
  from: "first" | "last" | { after: string } | { upTo: string };
  limit: number;
}

export interface Page<Row> {
  rows: readonly Row[];
  hasBefore: boolean;
  hasAfter: boolean;
  /** How many there are in all; null when that is not known. */
  total: number | null;
}

export interface ScreenList<Data, Row> {
  page(data: Data): Page<Row>;
  /** What the selection stays on when rows change. */
  idOf(row: Row): string;
  /** Only for lists that are read in pages. */
  cursorOf?(row: Row): string;
  readonly columns: readonly ListColumn<Row>[];
  /** What stands in place of rows when there are none. */
  readonly nothing: string;
}

export interface ListColumn<Row> {
  readonly title: string;
  /** In columns of the terminal; `rest`: what the others leave. */
  readonly width: number | "rest";
  readonly align?: "right";
  /** Shown only when the list is at least so wide. */
  readonly from?: number;
  /** Shown only when the list is narrower than this. */
  readonly below?: number;
  value(row: Row, view: View): string;
  tone?(row: Row, view: View): Tone | undefined;
}

export interface ScreenDetail<Row, Detail> {
  /** What is loaded for a row; the same subject is not loaded again before it changed. */
  subject(row: Row): string;
  load(subject: string, reach: Reach): Promise<Detail>;
  /** As many as there are; the frame scrolls them. */
  lines(detail: Detail, view: View): Line[];
  actions(detail: Detail): Action[];
}

/** Something that can be done about the selected row: a command line, run as if it had been typed. */
export interface Action {
  title: string;
  /** With the words that are asked for in capitals: TEXT, AMOUNT. */
  command: string;
  /** Why it cannot be done now. */
  blockedBy: string | null;
  /** Moves money or cannot be undone: `word` has to be typed first. */
  confirm: { word: string; sentence: string } | null;
  /** Of several rows: the command of each; `command` is what these have in common. */
  each?: readonly RowCommand[];
}

export interface RowCommand {
  /** The rows that it is about. */
  ids: readonly string[];
  command: string;
  /** What is about to be done to it, in words. */
  sentence: string;
}

/** What screens read with. */
export interface Reach {
  deps: Deps;
  actor: Actor;
}

/** What lines are made for. */
export interface View {
  columns: number;
  /** The marketplace's time, ISO-8601. */
  now: string;
}
