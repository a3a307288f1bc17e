import { formatMinor } from "../../domain/money.ts";
import type { PlannedReport } from "../../operations/run-report.ts";
import { longTime, periodText } from "../../output/dates.ts";
import { type Column, chooseColumns } from "../../output/formats.ts";
import { chartFigure } from "../../output/html/figure.ts";
import { html, type Markup } from "../../output/html/markup.ts";
import { page } from "../../output/html/page.ts";
import { definitionList, htmlTable } from "../../output/html/table.ts";
import type { Report, ReportColumn } from "../../reports/report.ts";
import type { ReportRow } from "../../reports/rows.ts";
import type { ReportScope } from "../../reports/scope.ts";
import { chartsOf, sentence } from "./chart.ts";
import { tableColumns } from "./columns.ts";

/**
 * A report as one page. `only` names the columns of its table; undefined: those that tables show. `madeIn` is the time
 * zone in which it says when it was made.
 */
export function reportPage(
  planned: PlannedReport,
  rows: readonly ReportRow[],
  only: readonly string[] | undefined,
  madeIn: string,
): string {
  const { report, scope } = planned;
  const columns = report.columns(scope.by);
  const charts = chartsOf(planned, rows);
  const shown = tableColumns(columns);
  const currency = onlyCurrency(rows);
  const chosen = only ? chooseColumns(shown, only) : shown.filter(({ wide }) => !wide);
  const by = sentence(columns.find(({ key }) => key === report.chart(scope.by).x)?.header ?? "");
  return page({
    title: report.title,
    lead: report.answers,
    facts: [
      periodText(scope.since, scope.until),
      `by ${scope.by}`,
      zoneText(scope),
      currency === undefined ? "" : `money in ${currency}`,
      `made ${longTime(scope.now, madeIn)}`,
    ].filter(Boolean),
    body: html`${
      rows.length === 0
        ? html`<p class="notice">There is nothing to show for this period.</p>`
        : html`${charts.map((chart) => chartFigure(chart, by))}${htmlTable(rows, currency === undefined ? chosen : chosen.map(withoutCurrency))}`
    }
${definitions(report, columns)}`,
  });
}

/** The one currency that all rows are in; undefined: there are several, or none. */
function onlyCurrency(rows: readonly ReportRow[]): string | undefined {
  const [first, ...others] = new Set(rows.map(({ currency }) => currency ?? undefined));
  return others.length === 0 ? first : undefined;
}

/** Money as a bare amount, where the page names its currency. */
function withoutCurrency({ currency, ...column }: Column<ReportRow>): Column<ReportRow> {
  if (column.kind !== "money" || !currency) return column;
  const value = (row: ReportRow) => {
    const minor = column.value(row);
    return typeof minor === "number" ? formatMinor(minor, currency(row)).slice(4) : minor;
  };
  return { ...column, kind: "number", value };
}

/** Whose days, weeks and months they are. */
const zoneText = ({ timeZone, ownZones }: Pick<ReportScope, "timeZone" | "ownZones">) =>
  `days of ${timeZone}${ownZones ? ", of imported orders those of their own zone" : ""}`;

/** How a report counts, and how its columns are defined where their names do not say it. */
function definitions(
  { name, definition }: Pick<Report, "name" | "definition">,
  columns: readonly ReportColumn[],
): Markup {
  const defined = columns.filter(({ means, wide }) => means !== undefined && !wide);
  return html`<section>
<h2>How it is counted</h2>
${definition.map((sentence) => html`<p>${sentence}</p>\n`)}
${defined.length > 0 ? definitionList(defined.map(({ header, means = "" }) => [header, means])) : ""}
<p class="muted small">The statement that counts it: <code>mkt report ${name} --explain</code></p>
</section>`;
}
