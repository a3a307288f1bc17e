import type { ReportScope } from "./scope.ts";

/** What a report's rows are gathered by. */
export type Grouping =
  | "all"
  | "day"
  | "week"
  | "month"
  | "category"
  | "seller"
  | "state"
  | "publication"
  | "region"
  | "carrier"
  | "reason"
  | "step"
  | "words";

/**
 * A column of a report; its key is the field's name in every format. `money` is minor units of the row's `currency`,
 * `share` 0 to 1, `hours` a duration.
 */
export interface ReportColumn {
  key: string;
  header: string;
  kind: "text" | "id" | "integer" | "number" | "money" | "share" | "hours";
  /** How it is defined, in one sentence; undefined: its header says it. */
  means?: string;
  /** Only shown by `-o wide`, and in formats for programs. */
  wide?: boolean;
}

/** What is drawn of a report: one series for each of `y`, which share a unit, over the rows in their order. */
export interface ReportChart {
  kind: "line" | "bar";
  x: string;
  y: readonly string[];
}

/** A read-only question: its rows, one query for them, and how each figure is defined. */
export interface Report {
  name: string;
  title: string;
  /** The question that it answers. */
  answers: string;
  /** What counts and what does not, in whole sentences. */
  definition: readonly string[];
  /** The first is what it is gathered by unless asked. */
  groupings: readonly [Grouping, ...Grouping[]];
  columns: (by: Grouping) => readonly ReportColumn[];
  chart: (by: Grouping) => ReportChart;
  /**
   * One SELECT over the analysts' views whose columns are those of `columns`, by the same names. Everything of the
   * scope stands in it as literals, so that what `--explain` prints can be pasted into psql.
   */
  sql: (scope: ReportScope) => string;
}
