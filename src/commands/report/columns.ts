import type { DataCell, DataColumn, DataKind } from "../../domain/data-rows.ts";
import { plainValue } from "../../output/data-stream.ts";
import type { Column } from "../../output/table.ts";
import type { ReportColumn } from "../../reports/report.ts";
import type { ReportRow } from "../../reports/rows.ts";

const SHARE_DECIMALS = 2;
const DATA_KINDS: Readonly<Record<ReportColumn["kind"], DataKind>> = {
  text: "text",
  id: "text",
  integer: "integer",
  money: "integer",
  number: "number",
  share: "number",
  hours: "number",
};

/** The columns of a report as tables show them: money with its currency, shares in percent, durations in hours. */
export function tableColumns(columns: readonly ReportColumn[]): Column<ReportRow>[] {
  return columns.map((column) => ({
    key: column.key,
    header: column.header,
    ...(column.wide && { wide: true }),
    ...shownAs(column),
  }));
}

function shownAs({
  key,
  kind,
}: ReportColumn): Pick<Column<ReportRow>, "kind" | "value" | "currency"> {
  switch (kind) {
    case "money":
      return {
        kind: "money",
        value: (row) => numberOf(row[key]),
        currency: (row) => row.currency ?? "XXX",
      };
    case "share":
      return { kind: "number", value: (row) => percentOf(row[key]) };
    case "hours":
      return { kind: "number", value: (row) => row[key] };
    case "integer":
    case "number":
      return { kind: "number", value: (row) => row[key] };
    default:
      return { kind, value: (row) => row[key] };
  }
}

const numberOf = (cell: DataCell | undefined) =>
  cell === null || cell === undefined ? null : Number(cell);

function percentOf(cell: DataCell | undefined): string | null {
  const share = numberOf(cell);
  return share === null ? null : `${(share * 100).toFixed(SHARE_DECIMALS)} %`;
}

/** The columns as programs read them. */
export const dataColumns = (columns: readonly ReportColumn[]): DataColumn[] =>
  columns.map(({ key, kind }) => ({ name: key, kind: DATA_KINDS[kind] }));

/** A row as programs read it, its figures as numbers. */
export const figuresOf = (
  row: ReportRow,
  columns: readonly ReportColumn[],
): Record<string, unknown> =>
  Object.fromEntries(
    dataColumns(columns).map((column) => [
      column.name,
      plainValue(row[column.name] ?? null, column),
    ]),
  );
