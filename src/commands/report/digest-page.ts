import type {
  DigestPart,
  DigestSection,
  Week,
  WeekDigest,
} from "../../operations/report-digest.ts";
import { type Chart, type ChartUnit, shownValue } from "../../output/chart.ts";
import { dayAfter, longDay, longTime } from "../../output/dates.ts";
import { chartFigure } from "../../output/html/figure.ts";
import { html, type Markup } from "../../output/html/markup.ts";
import { page } from "../../output/html/page.ts";
import type { ReportColumn } from "../../reports/report.ts";
import type { ReportRow } from "../../reports/rows.ts";
import { figureOf, sentence, unitOf } from "./chart.ts";

/** The figures that stand above all: of which report and column, and where a larger one is better or worse. */
const HEADLINES: readonly { of: string; key: string; label: string; better?: "more" | "less" }[] = [
  { of: "sales", key: "orders", label: "Orders", better: "more" },
  { of: "sales", key: "totalMinor", label: "Sales with shipping", better: "more" },
  { of: "sales", key: "averageOrderMinor", label: "Average order" },
  { of: "payments", key: "approvalRate", label: "Payments approved", better: "more" },
  { of: "delivery", key: "lateRate", label: "Delivered late", better: "less" },
  { of: "conformity", key: "nonConformingRate", label: "Not conforming", better: "less" },
  { of: "questions", key: "answerRate", label: "Questions answered", better: "more" },
];
const CATEGORIES_SHOWN = 10;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const NOTHING = "–";

/** A week's page, to be sent to whoever answers for the marketplace. */
export function digestPage(digest: WeekDigest): string {
  const { week, before, timeZone, madeAt, sections } = digest;
  return page({
    title: `The week of ${daysOf(week)}`,
    lead: `What was sold, paid, delivered and asked, beside the week of ${daysOf(before)}.`,
    facts: [
      `days of ${timeZone}, of imported orders those of their own zone`,
      `made ${longTime(madeAt, timeZone)}`,
    ],
    body: html`${headlines(sections)}
${dayCharts(digest).map((chart) => chartFigure(chart, "Day"))}
${sections.map(sectionOf)}
${categories(digest)}`,
  });
}

/** `16 to 22 November 2026`. */
function daysOf({ since, until }: Week): string {
  const [first, last] = [longDay(since), longDay(dayAfter(until, -1))];
  const [day, ...rest] = first.split(" ");
  const [, ...lastRest] = last.split(" ");
  return `${rest.join() === lastRest.join() ? day : first} to ${last}`;
}

function headlines(sections: readonly DigestSection[]): Markup {
  const cards = HEADLINES.flatMap(({ of, key, label, better }) => {
    const section = sections.find(({ report }) => report.name === of);
    const column = section?.columns.find((each) => each.key === key);
    const [part, ...others] = section?.parts ?? [];
    // Of several currencies there is no sum.
    if (!column || !part || (others.length > 0 && column.kind === "money")) return [];
    const change = changeOf(part, column);
    const tone = better && change.sign !== 0 ? toneOf(better, change.sign) : "muted";
    return [
      html`<div class="card"><div class="label">${label}</div>
<div class="value">${shownOf(part.week, column, part.currency)}</div>
<div class="change ${tone}">${change.text === "" ? "" : `${change.text} on the week before`}</div></div>
`,
    ];
  });
  return cards.length > 0
    ? html`<div class="cards">${cards}</div>`
    : html`<p class="notice">Nothing happened in these two weeks.</p>`;
}

const toneOf = (better: "more" | "less", sign: number): string =>
  (better === "more") === sign > 0 ? "good" : "bad";

/** A report's figures of both weeks; of each currency or whatever else tells its rows apart, if there are several. */
function sectionOf({ report, columns, parts }: DigestSection): Markup {
  const figures = columns.filter(({ kind, wide }) => kind !== "text" && kind !== "id" && !wide);
  return html`<section>
<h2>${report.title}</h2>
<p class="muted">${report.answers}</p>
${parts.length === 0 ? html`<p>Nothing in these two weeks.</p>` : ""}
${parts.map(
  (
    part,
  ) => html`${parts.length > 1 ? html`<h3>${[...part.names, part.currency].filter(Boolean).join(" · ")}</h3>` : ""}
${comparison(
  figures.map((column) => {
    const { week, before, currency } = part;
    return {
      name: sentence(column.header),
      means: column.means,
      week: shownOf(week, column, currency),
      before: shownOf(before, column, currency),
      change: changeOf(part, column).text,
    };
  }),
  "Figure",
)}`,
)}
</section>
`;
}

interface Compared {
  name: string;
  means?: string | undefined;
  week: string;
  before: string;
  change: string;
}

const comparison = (
  rows: readonly Compared[],
  header: string,
): Markup => html`<div class="scroll"><table>
<thead><tr><th scope="col">${header}</th><th scope="col" class="number">The week</th>
<th scope="col" class="number">Week before</th><th scope="col" class="number">Change</th></tr></thead>
<tbody>
${rows.map(
  ({
    name,
    means,
    week,
    before,
    change,
  }) => html`<tr><td>${name}${means ? html`<br><span class="muted small">${means}</span>` : ""}</td>
<td class="number">${week}</td><td class="number">${before}</td><td class="number">${change}</td></tr>
`,
)}</tbody>
</table></div>
`;

/** What was ordered day by day in both weeks; a chart for each currency. */
function dayCharts({ week, before, days }: WeekDigest): Chart[] {
  const currencies = [...new Set(days.map(({ currency }) => currency ?? ""))];
  const valuesOf = ({ since }: Week, currency: string) =>
    WEEKDAYS.map((_, index) => {
      const day = dayAfter(since, index);
      const row = days.find((each) => each.period === day && (each.currency ?? "") === currency);
      return Number(row?.linesMinor ?? 0);
    });
  return currencies.map((currency) => ({
    kind: "line",
    title: "Goods ordered by day",
    labels: WEEKDAYS,
    series: [
      { name: "The week", values: valuesOf(week, currency) },
      { name: "Week before", values: valuesOf(before, currency) },
    ],
    unit: { kind: "money", currency },
  }));
}

/** The largest categories of the week; of each currency its own. */
function categories({ categories: { week, before } }: WeekDigest): Markup {
  const currencies = [...new Set(week.map(({ currency }) => currency ?? ""))];
  const parts = currencies.map((currency) => {
    const top = week
      .filter((row) => (row.currency ?? "") === currency)
      .slice(0, CATEGORIES_SHOWN)
      .map((row) => {
        const earlier = before.find(
          (each) => each.categoryId === row.categoryId && (each.currency ?? "") === currency,
        );
        const goodsOf = (each: ReportRow | undefined) => Number(each?.linesMinor ?? 0);
        const name = row.category ?? "without a category";
        return { name, now: goodsOf(row), past: goodsOf(earlier) };
      });
    const unit: ChartUnit = { kind: "money", currency };
    const chart: Chart = {
      kind: "bar",
      title: "Goods ordered by category",
      labels: top.map(({ name }) => name),
      series: [
        { name: "The week", values: top.map(({ now }) => now) },
        { name: "Week before", values: top.map(({ past }) => past) },
      ],
      unit,
    };
    const rows = top.map(({ name, now, past }) => ({
      name,
      week: shownValue(now, unit),
      before: shownValue(past, unit),
      change: relative(now, past),
    }));
    return html`${chartFigure(chart, "Category")}${comparison(rows, "Category")}`;
  });
  return html`<section>
<h2>Top categories</h2>
${parts.length > 0 ? parts : html`<p>Nothing was ordered in the week.</p>`}
</section>
`;
}

function shownOf(row: ReportRow | undefined, column: ReportColumn, currency: string): string {
  const value = figureOf(row, column);
  return value === null ? NOTHING : shownValue(value, unitOf(column, currency));
}

/** By how much a figure is more or less than the week before: of shares in points, of others in percent. */
function changeOf(
  { week, before }: DigestPart,
  column: ReportColumn,
): { text: string; sign: number } {
  const [now, then] = [figureOf(week, column), figureOf(before, column)];
  if (now === null || then === null) return { text: "", sign: 0 };
  const sign = Math.sign(now - then);
  if (column.kind !== "share") return { text: relative(now, then), sign };
  return { text: `${signed((now - then) * 100)} points`, sign };
}

const relative = (now: number, then: number): string =>
  then === 0 ? "" : `${signed((now / then - 1) * 100)} %`;

/** With a real minus sign, so that columns of figures line up. */
const signed = (value: number): string => {
  const text = Math.abs(value).toFixed(1);
  if (text === "0.0") return `±${text}`;
  return `${value < 0 ? "−" : "+"}${text}`;
};
