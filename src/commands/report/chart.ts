import type { DataCell } from "../../domain/data-rows.ts";
import type { PlannedReport } from "../../operations/run-report.ts";
import type { Chart, ChartSeries, ChartUnit } from "../../output/chart.ts";
import { dayAfter } from "../../output/dates.ts";
import type { ReportColumn } from "../../reports/report.ts";
import type { ReportRow } from "../../reports/rows.ts";
import { isPeriod, type Period } from "../../reports/scope.ts";

const BARS_MAX = 20;
/** More lines than this nobody can tell apart. */
const LINES_MAX = 5;
/** More periods than this are drawn as they come. */
const PERIODS_MAX = 4_000;
const NAMELESS = "(none)";

/** What is drawn of a report's rows: one chart, or one for each currency. */
export function chartsOf(planned: PlannedReport, rows: readonly ReportRow[]): Chart[] {
  const { report, scope } = planned;
  const { kind, y } = report.chart(scope.by);
  const columns = report.columns(scope.by);
  const drawn = y.flatMap((key) => columns.find((column) => column.key === key) ?? []);
  const [first] = drawn;
  if (!first) return [];
  return byCurrency(rows).map(({ currency, own }) => {
    const { note, ...content } =
      kind === "line" ? lines(planned, own, drawn) : bars(planned, own, drawn);
    const title = `${drawn.map(({ header }) => sentence(header)).join(", ")}${note}`;
    return { kind, title, ...content, unit: unitOf(first, currency) };
  });
}

/** A header as words: `SOLD TOTAL` is `Sold total`. */
export const sentence = (header: string): string =>
  header.charAt(0) + header.slice(1).toLowerCase();

type Content = Pick<Chart, "labels" | "series"> & { note: string };

/** Lines run over all periods. Where rows have one name they are several lines, which another column tells apart. */
function lines(
  planned: PlannedReport,
  rows: readonly ReportRow[],
  drawn: readonly ReportColumn[],
): Content {
  const { report, scope } = planned;
  const { x } = report.chart(scope.by);
  const names = [...new Set(rows.map((row) => labelOf(row, x)))];
  const labels = isPeriod(scope.by) ? everyPeriod(scope.by, names) : names;
  const [first] = drawn;
  const [key] = names.length < rows.length ? namingColumns(planned) : [];
  if (!first || key === undefined) {
    const rowOf = new Map(rows.map((row) => [labelOf(row, x), row]));
    const series = drawn.map((column) => seriesOf(sentence(column.header), labels, rowOf, column));
    return { labels, series, note: "" };
  }
  const kinds = [...new Set(rows.map((row) => labelOf(row, key)))];
  const series = kinds.slice(0, LINES_MAX).map((kind) => {
    const own = rows.filter((row) => labelOf(row, key) === kind);
    return seriesOf(kind, labels, new Map(own.map((row) => [labelOf(row, x), row])), first);
  });
  const note = kinds.length > LINES_MAX ? `: the first ${LINES_MAX} of ${kinds.length}` : "";
  return { labels, series, note };
}

const seriesOf = (
  name: string,
  labels: readonly string[],
  rowOf: ReadonlyMap<string, ReportRow>,
  column: ReportColumn,
): ChartSeries => ({ name, values: labels.map((label) => figureOf(rowOf.get(label), column)) });

/** The first rows, in their order; where they have one name, another column is named too. */
function bars(
  planned: PlannedReport,
  rows: readonly ReportRow[],
  drawn: readonly ReportColumn[],
): Content {
  const { x } = planned.report.chart(planned.scope.by);
  const shown = rows.slice(0, BARS_MAX);
  const isNamed = new Set(shown.map((row) => row[x])).size === shown.length;
  const [other] = isNamed ? [] : namingColumns(planned);
  const labels = shown.map((row) =>
    other === undefined
      ? labelOf(row, x)
      : `${ending(labelOf(row, x))} · ${ending(labelOf(row, other))}`,
  );
  const series = drawn.map((column) => ({
    name: sentence(column.header),
    values: shown.map((row) => figureOf(row, column)),
  }));
  const note = rows.length > BARS_MAX ? `: the first ${BARS_MAX} of ${rows.length}` : "";
  return { labels, series, note };
}

/** The keys of the columns that name rows besides what is drawn along. */
function namingColumns({ report, scope }: PlannedReport): string[] {
  const { x } = report.chart(scope.by);
  return report
    .columns(scope.by)
    .filter(({ key, kind }) =>
      kind === "text" || kind === "id" ? key !== x && key !== "currency" : false,
    )
    .map(({ key }) => key);
}

const labelOf = (row: ReportRow, key: string): string => row[key] ?? NAMELESS;

/** Two whole ids would leave no room for what they are about; their endings tell them apart. */
const ending = (label: string): string =>
  /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(label) ? `…${label.slice(-8)}` : label;

function byCurrency(rows: readonly ReportRow[]): { currency: string; own: readonly ReportRow[] }[] {
  const currencies = [...new Set(rows.map((row) => row.currency ?? ""))];
  return currencies.map((currency) => {
    return { currency, own: rows.filter((row) => (row.currency ?? "") === currency) };
  });
}

/** Where no row is, nothing was counted; of a share or a duration nothing is known then. */
export function figureOf(row: ReportRow | undefined, { key, kind }: ReportColumn): number | null {
  if (row === undefined) return kind === "money" || kind === "integer" ? 0 : null;
  return numberOf(row[key]);
}

/** A figure of a row; null: there is none. */
const numberOf = (cell: DataCell | undefined): number | null =>
  cell === null || cell === undefined ? null : Number(cell);

/** What a column's figures are, money in this currency. */
export function unitOf({ kind }: ReportColumn, currency: string): ChartUnit {
  if (kind === "money") return { kind, currency: currency || "XXX" };
  return kind === "share" || kind === "hours" ? { kind } : { kind: "count" };
}

/** The periods from the first to the last, those between that have no row among them. */
function everyPeriod(by: Period, labels: readonly string[]): readonly string[] {
  const last = labels.at(-1) ?? "";
  const all = labels.slice(0, 1);
  for (let next = labels[0] ?? ""; next < last && all.length < PERIODS_MAX; ) {
    next = periodAfter(by, next);
    all.push(next);
  }
  return labels.every((label) => all.includes(label)) ? all : labels;
}

function periodAfter(by: Period, period: string): string {
  if (by !== "month") return dayAfter(period, by === "week" ? 7 : 1);
  const [year = 0, month = 0] = period.split("-").map(Number);
  return new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 7);
}
