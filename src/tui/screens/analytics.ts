import { formatMinor } from "../../domain/money.ts";
import {
  FIGURE_PERIODS,
  type FigurePeriod,
  type PeriodFigures,
  type TodayFigures,
  todayFigures,
} from "../../operations/board/today.ts";
import { moment } from "../ages.ts";
import { cell, fitted, type Line, tone } from "../lines.ts";
import { bar, counted, percent, shade, span, sparkline } from "../marks.ts";
import type { Screen } from "../screen.ts";
import { words } from "./order-words.ts";

/** From so many columns on, figures stand beside each other in two columns. */
const WIDE = 120;
const GAP = 3;
const LABEL = 16;
const FIGURE = 18;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const TITLES: Record<FigurePeriod, readonly [string, string]> = {
  day: ["today", "a week ago"],
  week: ["this week", "last week"],
  month: ["this month", "last month"],
};

export const ANALYTICS: Screen<TodayFigures> = {
  name: "analytics",
  title: "Analytics",
  description: "The day, week or month so far beside the one before, up to the same moment",
  choices: [
    {
      name: "period",
      key: "p",
      description: "period",
      values: FIGURE_PERIODS,
      valueKeys: ["d", "w", "m"],
    },
  ],
  everySeconds: 5,
  load: ({ choices: { period } }, { deps, actor }) => {
    const wanted = FIGURE_PERIODS.find((one) => one === period) ?? "day";
    return todayFigures({ actor, period: wanted }, deps);
  },
  summary: (figures, view) => {
    if (view.columns < WIDE) {
      const parts = [headline, compared, trend, heatMap, funnel, states, categories, searches];
      return parts.flatMap((part) => [...part(figures, view.columns), []]);
    }
    const columns = Math.floor((view.columns - GAP) / 2);
    const left = [compared, states, categories].flatMap((part) => [...part(figures, columns), []]);
    const right = [trend, heatMap, funnel, searches].flatMap((part) => [
      ...part(figures, columns),
      [],
    ]);
    return [...headline(figures), [], ...besides(left, right, columns)];
  },
  snapshot: (figures) => figures,
};

function besides(left: readonly Line[], right: readonly Line[], columns: number): Line[] {
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, index) => [
    ...fitted(left[index] ?? [], columns),
    " ".repeat(GAP),
    ...(right[index] ?? []),
  ]);
}

function headline({ period, now, before, timeZone, behindMs }: TodayFigures): Line[] {
  const [name, other] = TITLES[period];
  const old = behindMs < 10_000 ? "" : `, read ${span(behindMs / 1_000)} ago`;
  return [
    [
      " ",
      tone(`${name} until ${moment(now.until, timeZone)}`, "bold"),
      `, beside ${other} until ${moment(before.until, timeZone)}`,
      tone(old, "dim"),
    ],
  ];
}

interface Compared {
  label: string;
  of: (figures: PeriodFigures) => number | null;
  shown: (value: number | null) => string;
  moreIsGood: boolean;
}

/** What is compared; money is in the currency of the most orders. */
function comparedFigures({ now, before }: TodayFigures): Compared[] {
  const currency = now.money[0]?.currency ?? before.money[0]?.currency;
  const inCurrency = ({ money }: PeriodFigures) =>
    money.find((one) => one.currency === currency) ?? { placed: 0, totalMinor: 0 };
  const money = (value: number | null) =>
    value === null || currency === undefined ? "-" : formatMinor(value, currency);
  const average = (figures: PeriodFigures) => {
    const { placed, totalMinor } = inCurrency(figures);
    return placed === 0 ? null : Math.round(totalMinor / placed);
  };
  const count = (value: number | null) => (value === null ? "-" : counted(value));
  const conversion = ({ funnel: steps }: PeriodFigures) =>
    steps.home === 0 ? null : steps.review / steps.home;
  return [
    { label: "orders", of: ({ orders }) => orders, shown: count, moreIsGood: true },
    {
      label: "money",
      of: (figures) => inCurrency(figures).totalMinor,
      shown: money,
      moreIsGood: true,
    },
    { label: "average order", of: average, shown: money, moreIsGood: true },
    { label: "home to review", of: conversion, shown: percent, moreIsGood: true },
    {
      label: "approval",
      of: ({ approvalRate }) => approvalRate,
      shown: percent,
      moreIsGood: true,
    },
    { label: "late delivery", of: ({ lateRate }) => lateRate, shown: percent, moreIsGood: false },
    {
      label: "non-conforming",
      of: ({ nonConformityRate }) => nonConformityRate,
      shown: percent,
      moreIsGood: false,
    },
    {
      label: "empty searches",
      of: ({ emptySearchRate }) => emptySearchRate,
      shown: percent,
      moreIsGood: false,
    },
  ];
}

function compared(figures: TodayFigures): Line[] {
  const [name, other] = TITLES[figures.period];
  const title = ` ${cell("", LABEL)} ${cell(name, FIGURE, "right")} ${cell(other, FIGURE, "right")}`;
  return [
    [tone(title, "dim")],
    ...comparedFigures(figures).map(({ label, of, shown, moreIsGood }): Line => {
      const [now, before] = [of(figures.now), of(figures.before)];
      return [
        ` ${cell(label, LABEL)} `,
        tone(cell(shown(now), FIGURE, "right"), "bold"),
        ` ${cell(shown(before), FIGURE, "right")}  `,
        ...changeOf(now, before, { moreIsGood, isShare: shown === percent }),
      ];
    }),
  ];
}

/** How much more or less it is than before: of a share in points, of all else in percent. */
function changeOf(
  now: number | null,
  before: number | null,
  { moreIsGood, isShare }: { moreIsGood: boolean; isShare: boolean },
): Line {
  if (now === null || before === null || (before === 0 && !isShare)) return [];
  const change = isShare ? now - before : (now - before) / before;
  if (Math.abs(change) < 0.0005) return [tone("=", "dim")];
  const isMore = change > 0;
  const size = (Math.abs(change) * 100).toFixed(1);
  return [
    tone(
      `${isMore ? "▲" : "▼"} ${size}${isShare ? " points" : "%"}`,
      isMore === moreIsGood ? "green" : "red",
    ),
  ];
}

function trend({ series, period }: TodayFigures, columns: number): Line[] {
  const max = Math.max(1, ...series.before, ...series.now.map((value) => value ?? 0));
  const [name, other] = TITLES[period];
  const total = (values: readonly (number | null)[]) =>
    counted(values.reduce<number>((sum, value) => sum + (value ?? 0), 0));
  const room = columns - LABEL - FIGURE;
  const each = Math.max(1, Math.min(2, Math.floor(room / Math.max(1, series.labels.length))));
  const drawn = (values: readonly (number | null)[]) =>
    sparkline(
      values.flatMap((value) => Array.from({ length: each }, () => value)),
      max,
    );
  return [
    [tone(` orders by ${period === "day" ? "hour" : "day"}, at most ${counted(max)}`, "dim")],
    [` ${cell(name, LABEL)} `, tone(drawn(series.now), "cyan"), `  ${total(series.now)}`],
    [` ${cell(other, LABEL)} `, tone(drawn(series.before), "dim"), `  ${total(series.before)}`],
  ];
}

function heatMap({ heat }: TodayFigures): Line[] {
  const max = Math.max(0, ...heat.rows.flat());
  const hours = Array.from({ length: 24 }, (_, hour) =>
    hour % 3 === 0 ? String(hour).padEnd(6) : "",
  ).join("");
  return [
    [tone(` orders by weekday and hour, ${heat.weeks} weeks`, "dim")],
    [tone(`      ${hours.trimEnd()}`, "dim")],
    ...heat.rows.map((row, day): Line => {
      const total = row.reduce((sum, value) => sum + value, 0);
      const cells = row.map((value) => shade(value, max).repeat(2)).join("");
      return [` ${WEEKDAYS[day]}  `, tone(cells, "cyan"), `  ${counted(total)}`];
    }),
  ];
}

/** Each step with its bar; beside it how many of those of the step before, which others may have taken. */
function funnel({ now }: TodayFigures, columns: number): Line[] {
  const steps = Object.entries(now.funnel);
  const max = Math.max(...steps.map(([, value]) => value));
  const room = Math.max(5, columns - LABEL - 22);
  return [
    [tone(" from home to review, each step when it happened", "dim")],
    ...steps.map(([name, value], index): Line => {
      const before = index === 0 ? 0 : (steps[index - 1]?.[1] ?? 0);
      // More than came from the step before: they came from another day's.
      const rate = before === 0 || value > before ? "" : percent(value / before);
      return [
        ` ${cell(name, LABEL - 4)} ${cell(counted(value), 9, "right")} ${cell(rate, 8, "right")}  `,
        tone(bar(value, max, room), "blue"),
      ];
    }),
  ];
}

function states({ now, before, period }: TodayFigures, columns: number): Line[] {
  const found = Object.entries(now.inState);
  const max = Math.max(...found.map(([, seconds]) => seconds ?? 0));
  const room = Math.max(5, columns - LABEL - 32);
  return [
    [tone(` median time in a state, of orders that left it; ${TITLES[period][1]}`, "dim")],
    ...found.map(([name, seconds]): Line => {
      const earlier = before.inState[name as keyof typeof before.inState];
      return [
        ` ${cell(words(name), LABEL - 4)} ${cell(span(seconds), 10, "right")} ${cell(span(earlier), 10, "right")}  `,
        tone(bar(seconds ?? 0, max, room), "magenta"),
      ];
    }),
  ];
}

function categories({ topCategories }: TodayFigures, columns: number): Line[] {
  const max = Math.max(0, ...topCategories.map(({ totalMinor }) => totalMinor));
  const room = Math.max(5, columns - 52);
  if (topCategories.length === 0) return [[tone(" categories: nothing was ordered", "dim")]];
  return [
    [tone(" categories by goods ordered", "dim")],
    ...topCategories.map(
      ({ category, units, totalMinor, currency }): Line => [
        ` ${cell(category, 20)} ${cell(counted(units), 7, "right")} ${cell(formatMinor(totalMinor, currency), FIGURE, "right")}  `,
        tone(bar(totalMinor, max, room), "green"),
      ],
    ),
  ];
}

function searches({ emptySearches, now }: TodayFigures, columns: number): Line[] {
  if (emptySearches.length === 0) {
    const text = now.funnel.search === 0 ? "nobody searched" : "every search found something";
    return [[tone(` searches without result: ${text}`, "dim")]];
  }
  return [
    [tone(" searches without result", "dim")],
    ...emptySearches.map(
      ({ words: text, searches: count }): Line => [
        ` ${cell(counted(count), 7, "right")} ${cell(text, Math.max(10, columns - 10))}`,
      ],
    ),
  ];
}
