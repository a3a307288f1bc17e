import { expect, test } from "vitest";
import type { Chart } from "./chart.ts";
import { displayWidth } from "./safe-text.ts";
import { isUtf8, renderChart } from "./terminal-chart.ts";

const screen = { columns: 60, colour: false, isUtf8: true };
const money = { kind: "money", currency: "ARS" } as const;
const months = Array.from({ length: 7 }, (_, index) => `2026-0${index + 1}`);
const line: Chart = {
  kind: "line",
  title: "Goods",
  labels: months,
  series: [{ name: "Goods", values: [0, 100, 250, 200, 1_000, 900, 500] }],
  unit: money,
};
const bar: Chart = {
  kind: "bar",
  title: "Goods",
  labels: ["Lighting", "桌子", "None"],
  series: [{ name: "Goods", values: [1_000, 500, 0] }],
  unit: money,
};

test("a line has its figures beside it and its periods below", () => {
  expect(renderChart(line, { ...screen, columns: 40 })).toBe(`\
Goods (ARS)
ARS 10┤                    ╭───╮
 ARS 9┤                    │   ╰──╮
 ARS 8┤                   ╭╯      ╰╮
 ARS 7┤                  ╭╯        ╰─╮
 ARS 6┤                  │           ╰╮
 ARS 5┤                 ╭╯            ╰
 ARS 4┤                ╭╯
 ARS 3┤                │
 ARS 2┤       ╭────────╯
 ARS 1┤  ╭────╯
 ARS 0┤──╯
       2026-01      2026-04      2026-07
`);
});

test("bars are as long as their figures, which stand behind them", () => {
  expect(renderChart(bar, { ...screen, columns: 40 })).toBe(`\
Goods (ARS)
Lighting  ████████████████████ ARS 10.00
桌子      ██████████ ARS 5.00
None      ARS 0.00
`);
});

test("without UTF-8 all is ASCII, without colour there is no escape", () => {
  for (const chart of [line, { ...bar, labels: ["Lighting", "Desks", "None"] }]) {
    expect(renderChart(chart, { ...screen, isUtf8: false })).toMatch(/^[\n\x20-\x7e]*$/);
    expect(renderChart(chart, screen)).not.toContain("\u001b");
    expect(renderChart(chart, { ...screen, colour: true })).toContain("\u001b[");
  }
});

test.for([20, 40, 80, 200])("nothing is wider than %d columns", (columns) => {
  const days = Array.from({ length: 400 }, (_, index) => index);
  const long: Chart = {
    ...line,
    labels: days.map((day) => `day ${day}`),
    series: [{ name: "Orders", values: days.map((day) => day % 30) }],
    unit: { kind: "count" },
  };
  const wide = { ...bar, labels: bar.labels.map((label) => label.repeat(30)) };
  for (const chart of columns < 40 ? [long] : [long, wide, line])
    for (const text of renderChart(chart, { ...screen, columns }).split("\n"))
      expect(displayWidth(text)).toBeLessThanOrEqual(columns);
});

test("several lines are one below the other where no colour tells them apart", () => {
  const two: Chart = {
    ...line,
    series: [...line.series, { name: "Before", values: [1, 2, 3, 4, 5, null, 7] }],
  };
  const shown = renderChart(two, screen);
  expect(shown).toContain("\nGoods:\n");
  expect(shown).toContain("\nBefore:\n");
});

test("bars of several series are told apart by their names", () => {
  const two = { ...bar, series: [...bar.series, { name: "Before", values: [400, null, 100] }] };
  const words = renderChart(two, screen)
    .split("\n")
    .map((text) =>
      text
        .replaceAll(/[^\p{L} ]/gu, "")
        .trim()
        .split(/ +/)
        .slice(0, 2),
    );
  expect(words).toEqual([
    ["Goods", "ARS"],
    ["Lighting", "Goods"],
    ["Before", "ARS"],
    ["桌子", "Goods"],
    ["Before"],
    ["None", "Goods"],
    ["Before", "ARS"],
    [""],
  ]);
});

test("what is not known of any row is not drawn, and says so", () => {
  const unknown = { ...line, series: [{ name: "Goods", values: months.map(() => null) }] };
  expect(renderChart(unknown, screen)).toBe("Goods (ARS): nothing to draw\n");
});

test.for([
  { env: {}, utf8: false },
  { env: { LANG: "C" }, utf8: false },
  { env: { LANG: "es_AR.UTF-8" }, utf8: true },
  { env: { LANG: "es_AR.utf8", LC_ALL: "C" }, utf8: false },
  { env: { LANG: "es_AR.utf8", LC_ALL: "" }, utf8: true },
])("the locale $env shows more than ASCII: $utf8", ({ env, utf8 }) => {
  expect(isUtf8(env)).toBe(utf8);
});
