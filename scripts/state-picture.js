// Draws a state machine as SVG: states in layers, each arrow with its label in a place of its own.
import { layOut } from "./state-layout.js";

const FONT = "DejaVu Sans, Verdana, sans-serif";
const STATE = { height: 34, padding: 16, character: 8.2 };
const LABEL = { line: 14, padding: 5, event: 7.4, who: 6.3 };
const LOOP = 26;
const PORT = 22;
const MARGIN = 20;
const LEGEND = 44;
const STYLES = {
  people: { colour: "#1f2937", dash: "", text: "somebody does it" },
  provider: { colour: "#1d4ed8", dash: "2 3", text: "a provider tells it" },
  timer: { colour: "#b45309", dash: "8 4", text: "only the clock does it" },
};
const START = "(start)";

/** The picture of one machine. Rows are those of src/domain/transitions.ts. */
export function statePicture(machine, rows) {
  const edges = edgesOf(rows);
  const picture = layOut(nodesOf(rows, edges), edges);
  const width = Math.max(picture.width, 560) + 2 * MARGIN;
  const height = picture.height + 2 * MARGIN + LEGEND;
  const left = MARGIN + Math.max(0, (560 - picture.width) / 2);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" font-family="${FONT}">`,
    `<title>The states of a ${machine}</title>`,
    "<defs>",
    ...Object.entries(STYLES).map(
      ([name, { colour }]) =>
        `<marker id="${name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 1 L10 5 L0 9 z" fill="${colour}"/></marker>`,
    ),
    "</defs>",
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<g transform="translate(${round(left)} ${MARGIN})">`,
    ...picture.edges.map(drawEdge),
    ...picture.edges.filter(({ label }) => label).map(drawLabel),
    ...picture.nodes.map(drawState),
    "</g>",
    legend(round(height - LEGEND / 2 - 4)),
    "</svg>",
  ].join("\n")}\n`;
}

const words = (name) => name.replaceAll("_", " ");
const round = (number) => Math.round(number * 10) / 10;

function styleOf({ actors }) {
  if (actors.some((actor) => actor !== "provider" && actor !== "timer")) return "people";
  return actors.includes("provider") ? "provider" : "timer";
}

/** Rows between the same two states, done in the same way, share an arrow. */
function edgesOf(rows) {
  const edges = new Map();
  for (const row of rows) {
    const [from, style] = [row.from ?? START, styleOf(row)];
    const key = [from, row.to, style].join(" ");
    const edge = edges.get(key) ?? { from, to: row.to, style, lines: [] };
    edge.lines.push({ event: words(row.event), who: row.actors.join(", ") });
    edges.set(key, edge);
  }
  for (const edge of edges.values()) {
    const widths = edge.lines.flatMap(({ event, who }) => [
      event.length * LABEL.event,
      who.length * LABEL.who,
    ]);
    edge.labelWidth = Math.max(...widths) + 2 * LABEL.padding;
    edge.labelHeight = edge.lines.length * 2 * LABEL.line + 2;
  }
  return [...edges.values()];
}

function nodesOf(rows, edges) {
  const names = new Set(rows.flatMap(({ from, to }) => [from ?? START, to]));
  return [...names].map((name) => {
    const [out, into] = ["from", "to"].map((end) => edges.filter((edge) => edge[end] === name));
    const loop = out.find((edge) => edge.to === name);
    const ports = Math.max(out.length, into.length) * PORT;
    const width = Math.max(words(name).length * STATE.character + 2 * STATE.padding, ports);
    if (name === START) return { name, left: 10, right: 10, width: 20, height: 20 };
    const right = width / 2 + (loop ? LOOP + loop.labelWidth : 0);
    const final = out.length === 0;
    return { name, left: width / 2, right, width, height: STATE.height, final };
  });
}

function drawState({ name, x, y, width, height, final }) {
  if (name === START) return `<circle cx="${round(x)}" cy="${round(y)}" r="8" fill="#1f2937"/>`;
  const box = (by, more) =>
    `<rect x="${round(x - width / 2 + by)}" y="${round(y - height / 2 + by)}" width="${round(width - 2 * by)}" height="${height - 2 * by}" rx="${9 - by}" ${more}/>`;
  return [
    box(0, `fill="${final ? "#e5e7eb" : "#eff6ff"}" stroke="#1f2937" stroke-width="1.5"`),
    ...(final ? [box(3, `fill="none" stroke="#1f2937" stroke-width="0.8"`)] : []),
    `<text x="${round(x)}" y="${round(y + 4.5)}" text-anchor="middle" font-size="13" font-weight="bold" fill="#111827">${words(name)}</text>`,
  ].join("");
}

function drawEdge({ points, style }) {
  const { colour, dash } = STYLES[style];
  const [first, ...rest] = points.map(([x, y]) => [round(x), round(y)]);
  let [beforeX, beforeY] = first;
  let path = `M${beforeX} ${beforeY}`;
  for (const [x, y] of rest) {
    const middle = round((beforeY + y) / 2);
    // What goes straight down is a line; everything else swings from one height to the next.
    if (x === beforeX) path += ` L${x} ${y}`;
    else if (y === beforeY) path += ` L${x} ${y}`;
    else path += ` C${beforeX} ${middle} ${x} ${middle} ${x} ${y}`;
    [beforeX, beforeY] = [x, y];
  }
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.4"${dash && ` stroke-dasharray="${dash}"`} marker-end="url(#${style})"/>`;
}

function drawLabel({ label: { x, y }, lines, labelWidth, labelHeight, style }) {
  const top = y - labelHeight / 2;
  const texts = lines.flatMap(({ event, who }, index) => {
    const line = top + 12 + index * 2 * LABEL.line;
    return [
      `<text x="${round(x)}" y="${round(line)}" text-anchor="middle" font-size="12" fill="${STYLES[style].colour}">${event}</text>`,
      `<text x="${round(x)}" y="${round(line + 12)}" text-anchor="middle" font-size="10" fill="#6b7280">${who}</text>`,
    ];
  });
  const back = `<rect x="${round(x - labelWidth / 2)}" y="${round(top)}" width="${round(labelWidth)}" height="${labelHeight}" fill="#ffffff"/>`;
  return [back, ...texts].join("");
}

function legend(y) {
  const parts = Object.values(STYLES).map(({ colour, dash, text }, index) => {
    const x = MARGIN + index * 180;
    const line = `<path d="M${x} ${y} L${x + 34} ${y}" stroke="${colour}" stroke-width="1.4"${dash && ` stroke-dasharray="${dash}"`}/>`;
    return `${line}<text x="${x + 40}" y="${y + 4}" font-size="11" fill="#374151">${text}</text>`;
  });
  return parts.join("\n");
}
