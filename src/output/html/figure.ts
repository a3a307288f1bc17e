import { exponentOf } from "../../domain/money.ts";
import { type Chart, type ChartUnit, shownValue } from "../chart.ts";
import { safeLine } from "../safe-text.ts";
import { html, type Markup, markupText, scriptJson } from "./markup.ts";

/** What the page's script draws a chart from. */
interface ChartData {
  kind: Chart["kind"];
  /** What the labels are. */
  by: string;
  labels: string[];
  series: { name: string; values: (number | null)[]; shown: string[] }[];
  /** What follows the figures of its axis. */
  suffix: string;
}

const SUFFIXES = { count: "", money: "", share: " %", hours: " h" } as const;

/** A chart with its title, drawn when the page is opened. */
export function chartFigure(chart: Chart, by: string): Markup {
  const { title, unit, labels, series } = chart;
  const currency = unit.kind === "money" ? ` ${unit.currency}` : "";
  const names = series.map(({ name }) => name).join(", ");
  const label = `${title}: ${names} of ${labels.length}, from ${labels[0]} to ${labels.at(-1)}`;
  return html`<figure>
<figcaption>${title}<span class="muted">${currency}</span></figcaption>
<div class="chart" role="img" aria-label="${label}"><script type="application/json">${scriptJson(dataOf(chart, by))}</script></div>
<noscript><p class="muted small">The chart needs JavaScript; the table says the same.</p></noscript>
</figure>
`;
}

export const hasCharts = (body: Markup): boolean =>
  markupText(body).includes('<div class="chart" ');

function dataOf({ kind, unit, labels, series }: Chart, by: string): ChartData {
  const drawn = scaleOf(unit);
  return {
    kind,
    by: safeLine(by),
    labels: labels.map(safeLine),
    series: series.map(({ name, values }) => ({
      name: safeLine(name),
      values: values.map((value) => (value === null ? null : value * drawn)),
      shown: values.map((value) => (value === null ? "" : shownValue(value, unit))),
    })),
    suffix: SUFFIXES[unit.kind],
  };
}

/** From values to what the axis shows: whole units of money, percent. */
function scaleOf(unit: ChartUnit): number {
  if (unit.kind === "money") return 10 ** -exponentOf(unit.currency);
  return unit.kind === "share" ? 100 : 1;
}
