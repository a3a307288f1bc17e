/** How a column's values are written: numbers and JSON stand without quotes in JSON, texts are checked for formulas. */
export type DataKind = "text" | "integer" | "number" | "boolean" | "time" | "json";

export interface DataColumn {
  name: string;
  kind: DataKind;
}

/** A value as text, whatever its kind (`true`, `12.50`, ISO-8601 in UTC, JSON); null: there is none. */
export type DataCell = string | null;

/** Rows as they come, a batch at a time, however many there are. */
export interface DataRows {
  columns: readonly DataColumn[];
  batches: AsyncIterable<readonly (readonly DataCell[])[]>;
}
