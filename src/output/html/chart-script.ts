import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** uPlot as its package has it, to stand in a page. */
export function chartLibrary(): { script: string; style: string } {
  const packages = createRequire(import.meta.url);
  const read = (file: string) => readFileSync(packages.resolve(`uplot/dist/${file}`), "utf8");
  return { script: `${SHARP}\n${read("uPlot.iife.min.js")}`, style: read("uPlot.min.css") };
}

/** uPlot draws as finely as the screen is; paper is finer. It reads this when it is loaded. */
const SHARP = `Object.defineProperty(window, "devicePixelRatio", {
  value: Math.max(2, window.devicePixelRatio), configurable: true, writable: true
});`;

/**
 * Draws each `.chart` of a page from the `ChartData` in it, as wide as there is room; again when that, the colour
 * scheme or the medium changes. Lines run over time, bars lie, so that their names can be read.
 */
export const CHART_SCRIPT = `
"use strict";
(() => {
  const COLOURS = ["#3b82f6", "#d97706", "#0d9488", "#a855f7", "#64748b"];
  const DASHES = [undefined, [7, 4], [2, 3], [10, 3, 2, 3], [1, 2]];
  const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif';
  const [LINE_HEIGHT, BAR_HEIGHT, AXIS_HEIGHT, PAPER_WIDTH] = [260, 22, 44, 640];
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
  const pen = document.createElement("canvas").getContext("2d");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const measured = (text) => { pen.font = FONT; return pen.measureText(text).width; };
  const widest = (texts) => texts.reduce((width, text) => Math.max(width, measured(text)), 0);
  const fitted = (text, width) => {
    if (measured(text) <= width) return text;
    const letters = Array.from(text);
    while (letters.length > 1 && measured(letters.join("") + "…") > width) letters.pop();
    return letters.join("") + "…";
  };
  const colour = (index) => COLOURS[index % COLOURS.length];
  const axis = (more) => ({
    font: FONT, stroke: () => css("--muted"), grid: { stroke: () => css("--line"), width: 1 },
    ticks: { show: false }, ...more
  });
  const ticks = (data) => (_, splits) => splits.map((value) => compact.format(value) + data.suffix);

  function lines(data, width) {
    const names = (_, splits) => splits.map((at) => data.labels[at] ?? "");
    return {
      data: [data.labels.map((_, index) => index), ...data.series.map(({ values }) => values)],
      options: {
        width, height: LINE_HEIGHT,
        scales: {
          x: { time: false, range: (_, from, to) => (from === to ? [from - 1, to + 1] : [from, to]) },
          y: { range: (_, from, to) => uPlot.rangeNum(Math.min(0, from ?? 0), Math.max(0, to ?? 0) || 1, 0.1, true) }
        },
        axes: [
          axis({ values: names, space: widest(data.labels) + 24, gap: 10, size: 40, incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 28, 52, 104, 365, 1000], grid: { show: false } }),
          axis({ values: ticks(data), size: (_, values) => 14 + widest(values ?? [""]) })
        ],
        series: [
          { label: data.by, value: (_, at) => data.labels[at] ?? "" },
          ...data.series.map(({ name, shown }, index) => ({
            label: name, stroke: colour(index), width: 2, dash: DASHES[index % DASHES.length],
            points: { show: data.labels.length <= 60, size: 5 },
            value: (_u, _value, _series, at) => (at === null || at === undefined ? "" : shown[at])
          }))
        ],
        padding: [12, widest(data.labels.slice(-1)) / 2 + 4, 0, 4],
        cursor: { drag: { x: false, y: false }, y: false }
      }
    };
  }

  /** Series stand beside each other in groups, with the room of one bar between groups. */
  function bars(data, width) {
    const count = data.series.length;
    const slots = data.labels.flatMap((_, group) => data.series.map((_, index) => group * (count + 1) + index));
    const last = slots.at(-1) ?? 0;
    const nameWidth = Math.min(widest(data.labels) + 2, width * 0.36);
    const valueWidth = widest(data.series.flatMap(({ shown }) => shown)) + 12;
    const plotWidth = Math.max(width - nameWidth - 24, valueWidth + 40);
    const middle = (group) => group * (count + 1) + (count - 1) / 2;
    const values = (u) => {
      const { ctx } = u;
      ctx.save();
      ctx.font = FONT.replace("12px", Math.round(12 * uPlot.pxRatio) + "px");
      ctx.fillStyle = css("--ink");
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      for (const [index, { values, shown }] of data.series.entries()) {
        for (const [group, value] of values.entries()) {
          if (value === null) continue;
          const across = u.valToPos(Math.max(value, 0), "y", true) + 5 * uPlot.pxRatio;
          ctx.fillText(shown[group], across, u.valToPos(group * (count + 1) + index, "x", true));
        }
      }
      ctx.restore();
    };
    return {
      data: [slots, ...data.series.map(({ values }, index) =>
        slots.map((_, slot) => (slot % count === index ? values[Math.floor(slot / count)] : null)))],
      options: {
        width, height: Math.round((last + 1.5) * BAR_HEIGHT) + AXIS_HEIGHT,
        scales: {
          x: { time: false, ori: 1, dir: -1, range: () => [-0.75, last + 0.75] },
          y: { ori: 0, range: (_, from, to) => [Math.min(0, from ?? 0), (Math.max(0, to ?? 0) || 1) * plotWidth / (plotWidth - valueWidth)] }
        },
        axes: [
          axis({ side: 3, size: nameWidth + 12, grid: { show: false }, stroke: () => css("--ink"),
            splits: () => data.labels.map((_, group) => middle(group)),
            values: () => data.labels.map((label) => fitted(label, nameWidth)) }),
          axis({ side: 2, values: ticks(data), space: 70, size: 30 })
        ],
        series: [{}, ...data.series.map(({ name }, index) => ({
          label: name, stroke: colour(index), fill: colour(index), width: 0, points: { show: false },
          paths: uPlot.paths.bars({ size: [0.82, BAR_HEIGHT] })
        }))],
        padding: [4, 4, 0, 4],
        cursor: { show: false },
        legend: { show: count > 1, live: false },
        hooks: { draw: [values] }
      }
    };
  }

  const paper = matchMedia("print");
  const draws = [...document.querySelectorAll(".chart")].map((place) => {
    const data = JSON.parse(place.querySelector("script").textContent);
    let [chart, drawnWidth] = [null, 0];
    place.classList.toggle("single", data.series.length === 1);
    const draw = (isForced) => {
      const width = paper.matches ? PAPER_WIDTH : Math.floor(place.clientWidth);
      if (width < 50 || (width === drawnWidth && !isForced)) return;
      drawnWidth = width;
      chart?.destroy();
      const { options, data: rows } = (data.kind === "line" ? lines : bars)(data, width);
      chart = new uPlot(options, rows, place);
    };
    draw(true);
    new ResizeObserver(() => draw(false)).observe(place);
    return () => draw(true);
  });
  const drawAll = () => { for (const draw of draws) draw(); };
  paper.addEventListener("change", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
`;
