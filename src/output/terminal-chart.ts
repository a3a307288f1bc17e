import asciichart from "asciichart";
import { type Chart, type ChartSeries, type ChartUnit, shownValue } from "./chart.ts";
import { type Colour, paint, type Terminal } from "./colour.ts";
import { displayWidth, safeLine, truncate } from "./safe-text.ts";

type Screen = Pick<Terminal, "columns" | "colour"> & { isUtf8: boolean };

const ROWS = 10;
/** Points further apart than this look no better. */
const COLUMNS_A_POINT = 8;
const NARROWEST_PLOT = 12;
const NAME_SHARE = 0.35;
const NARROWEST_BAR = 6;
const COLOURS: readonly Colour[] = ["blue", "yellow", "green", "magenta", "cyan"];
const LINES = {
  utf8: ["┤", "┤", "╶", "╴", "─", "╰", "╭", "╮", "╯", "│"],
  ascii: ["|", "|", "-", "-", "-", "`", ".", ".", "'", "|"],
};
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Whether the locale says that a terminal shows more than ASCII; an empty variable counts as unset. */
export function isUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || "");
}

/** A chart in lines of text that fit the terminal, its figures beside it. */
export function renderChart(chart: Chart, screen: Screen): string {
  const known = chart.series.filter(({ values }) => values.some((value) => value !== null));
  const title = truncate(safeLine(titleOf(chart)), screen.columns);
  if (known.length === 0) return `${title}: nothing to draw\n`;
  const drawn = { ...chart, series: known };
  const isLine = chart.kind === "line" && chart.labels.length > 1;
  return `${[title, ...(isLine ? lineCharts(drawn, screen) : bars(drawn, screen))].join("\n")}\n`;
}

const titleOf = ({ title, unit }: Chart): string =>
  unit.kind === "money" ? `${title} (${unit.currency})` : title;

/** All in one where colours tell them apart, else one below the other. */
function lineCharts(chart: Chart, screen: Screen): string[] {
  const { series } = chart;
  const isWhole = series.every(({ values }) => !values.includes(null));
  if (series.length === 1 || (screen.colour && isWhole)) {
    const legend = series.map(({ name }, index) =>
      paint(colourAt(index), `${screen.isUtf8 ? "─" : "-"} ${safeLine(name)}`, screen),
    );
    return [...lineChart(chart, screen), ...(series.length > 1 ? [legend.join("  ")] : [])];
  }
  return series.flatMap((one) => {
    const known = withoutGaps(chart, one);
    // One point is no line.
    const drawn = known.labels.length > 1 ? lineChart(known, screen) : bars(known, screen);
    return [`${safeLine(one.name)}:`, ...drawn];
  });
}

const colourAt = (index: number): Colour => COLOURS[index % COLOURS.length] ?? "blue";

/** Only where its value is known: a line knows no holes. */
function withoutGaps(chart: Chart, one: ChartSeries): Chart {
  const isKnown = (index: number) => one.values[index] !== null;
  return {
    ...chart,
    labels: chart.labels.filter((_, index) => isKnown(index)),
    series: [{ ...one, values: one.values.filter((value) => value !== null) }],
  };
}

function lineChart({ labels, series, unit }: Chart, screen: Screen): string[] {
  const lists = series.map(({ values }) => values.map((value) => value ?? 0));
  const scale = scaleOf(lists.flat(), unit);
  const ticks = scale.ticks.map((value) => shownValue(value, unit));
  const isRound = ticks.every((tick) => /\.0+$/.test(tick));
  const shown = (value: number) => {
    const tick = shownValue(value, unit);
    return isRound ? tick.replace(/\.0+$/, "") : tick;
  };
  const gutter = Math.max(...scale.ticks.map((value) => displayWidth(shown(value))));
  const room = Math.max(NARROWEST_PLOT, screen.columns - gutter - 1);
  const widest = Math.max(...labels.map((label) => displayWidth(safeLine(label))));
  // The first and the last name have room below it.
  const width = Math.min(room, Math.max((labels.length - 1) * COLUMNS_A_POINT + 1, 2 * widest + 3));
  const plot = asciichart.plot(
    lists.map((values) => acrossColumns(values, width)),
    {
      min: scale.min,
      max: scale.max,
      height: scale.ticks.length - 1,
      offset: 2,
      format: (value: number) => shown(value).padStart(gutter),
      symbols: screen.isUtf8 ? LINES.utf8 : LINES.ascii,
      ...(screen.colour && { colors: lists.map((_, index) => ANSI[colourAt(index)]) }),
    },
  );
  const note =
    labels.length > width
      ? [`(each column is the mean of about ${Math.ceil(labels.length / width)})`]
      : [];
  return [
    ...plot.split("\n").map((line) => line.trimEnd()),
    " ".repeat(gutter + 1) + labelLine(labels, width),
    ...note.map((text) => truncate(text, screen.columns)),
  ];
}

const ANSI: Partial<Record<Colour, string>> = {
  blue: asciichart.blue,
  yellow: asciichart.yellow,
  green: asciichart.green,
  magenta: asciichart.magenta,
  cyan: asciichart.cyan,
};

/** About ten steps of 1, 2 or 5 times a power of ten, from zero or below to the largest value or above. */
function scaleOf(
  values: readonly number[],
  { kind }: ChartUnit,
): { min: number; max: number; ticks: number[] } {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const rough = (most - least || 1) / ROWS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  const isWhole = kind === "money" || values.every(Number.isInteger);
  const step = isWhole ? Math.max(1, nice * power) : nice * power;
  const [from, to] = [Math.floor(least / step), Math.max(1, Math.ceil(most / step))];
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => (from + index) * step);
  return { min: from * step, max: to * step, ticks };
}

/** A value for each column: between the points where there are more columns, else the means of what falls into one. */
function acrossColumns(values: readonly number[], width: number): number[] {
  const columns = Array.from({ length: width }, (_, column) => column);
  if (values.length > width) {
    return columns.map((column) => {
      const [from, to] = [column, column + 1].map((one) =>
        Math.floor((one * values.length) / width),
      );
      const part = values.slice(from, to);
      return part.reduce((sum, value) => sum + value, 0) / part.length;
    });
  }
  return columns.map((column) => {
    const at = (column * (values.length - 1)) / (width - 1);
    const [before, after] = [values[Math.floor(at)] ?? 0, values[Math.ceil(at)] ?? 0];
    return before + (after - before) * (at - Math.floor(at));
  });
}

/** As many names as fit below a plot, the first and the last among them. */
function labelLine(labels: readonly string[], width: number): string {
  const names = labels.map(safeLine);
  const widest = Math.max(...names.map(displayWidth));
  const count = Math.max(
    2,
    Math.min(names.length, 1 + Math.floor((width - 1) / (widest * 1.5 + 1))),
  );
  let line = "";
  for (let index = 0; index < count; index += 1) {
    const at = Math.round((index * (names.length - 1)) / (count - 1));
    const name = names[at] ?? "";
    const middle = Math.round((at * (width - 1)) / (names.length - 1));
    const start = Math.max(
      0,
      Math.min(middle - Math.floor(displayWidth(name) / 2), width - displayWidth(name)),
    );
    if (start > 0 && start <= displayWidth(line)) continue;
    line += " ".repeat(Math.max(0, start - displayWidth(line))) + name;
  }
  return line;
}

/** A line for each label and series: its name, its bar, its figure. */
function bars({ labels, series, unit }: Chart, screen: Screen): string[] {
  const { columns } = screen;
  const names = labels.map((label) => truncate(safeLine(label), Math.floor(columns * NAME_SHARE)));
  const kinds = series.length > 1 ? series.map(({ name }) => safeLine(name)) : [""];
  const shown = series.map(({ values }) =>
    values.map((value) => (value === null ? "" : shownValue(value, unit))),
  );
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(displayWidth));
  const [nameWidth, kindWidth, valueWidth] = [widest(names), widest(kinds), widest(shown.flat())];
  const taken = nameWidth + 2 + (kindWidth > 0 ? kindWidth + 2 : 0) + valueWidth + 1;
  const room = Math.max(NARROWEST_BAR, columns - taken);
  const most = Math.max(...series.flatMap(({ values }) => values.map((one) => Math.abs(one ?? 0))));
  return names.flatMap((name, at) =>
    series.map(({ values }, index) => {
      const value = values[at] ?? 0;
      const length = most === 0 ? 0 : (Math.abs(value) / most) * room;
      const bar = paint(colourAt(index), barOf(length, value < 0, screen.isUtf8), screen);
      const kind = kindWidth > 0 ? `${padded(kinds[index] ?? "", kindWidth)}  ` : "";
      const text = shown[index]?.[at] ?? "";
      const gap = length > 0 && text !== "" ? " " : "";
      return `${padded(index === 0 ? name : "", nameWidth)}  ${kind}${length > 0 ? bar : ""}${gap}${text}`.trimEnd();
    }),
  );
}

const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - displayWidth(text)));

/** What is below zero is drawn lighter. */
function barOf(length: number, isNegative: boolean, utf8: boolean): string {
  if (!utf8) return (isNegative ? "-" : "#").repeat(Math.max(1, Math.round(length)));
  if (isNegative) return "░".repeat(Math.max(1, Math.round(length)));
  const eighths = Math.max(1, Math.round(length * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}
