// Makes a picture of what stands in a terminal: reads a pane with its colours from stdin and writes it as PNG. Usage:
// tmux capture-pane -e -N -p -t SESSION | node scripts/picture.js FILE.png

import { readFileSync, writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import { chromium } from "playwright-core";
import stringWidth from "string-width";

const CHROMIUM = "/usr/bin/chromium";
/** The 16 colours of a terminal, dark first, then bright. */
const COLOURS = [
  ...["#21262d", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#c9d1d9"],
  ...["#8b949e", "#ffa198", "#aff5b4", "#f2cc60", "#a5d6ff", "#e2c5ff", "#b3f0ff", "#ffffff"],
];
/** A character is 8 px wide in it: whole pixels leave no seams between blocks. */
const FONT_PX = 13.288;
const INK = "#c9d1d9";
const PAPER = "#0d1117";
const PLAIN = { ink: undefined, paper: undefined, bold: false, dim: false, inverse: false };
const ESCAPE = "\u001b";
const PART = new RegExp(`${ESCAPE}\\[([\\d;]*)m|${ESCAPE}[^${ESCAPE}m]*m|([^${ESCAPE}]+)`, "g");

/** A line of a pane as pieces of text, each with its looks. */
function pieces(line, look) {
  const found = [];
  let now = look;
  for (const [, codes, text] of line.matchAll(PART)) {
    if (text !== undefined) found.push({ text, ...now });
    else if (codes !== undefined) now = codes.split(";").map(Number).reduce(looked, now);
  }
  return { found, look: now };
}

/** How text looks after one code of a terminal. */
function looked(look, code) {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 7) return { ...look, inverse: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 27) return { ...look, inverse: false };
  if (code >= 30 && code <= 37) return { ...look, ink: COLOURS[code - 30] };
  if (code >= 90 && code <= 97) return { ...look, ink: COLOURS[code - 82] };
  if (code === 39) return { ...look, ink: undefined };
  return look;
}

function html(lines) {
  let look = PLAIN;
  const rows = lines.map((line) => {
    const read = pieces(line, look);
    look = read.look;
    return `<div>${read.found.map(span).join("")}</div>`;
  });
  const columns = Math.max(...lines.map((line) => stringWidth(line)));
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: ${PAPER}; color: ${INK}; }
    main { display: inline-block; padding: 12px 14px; width: ${columns}ch;
      font: ${FONT_PX}px/18px "DejaVu Sans Mono", "Liberation Mono", monospace; font-variant-ligatures: none; }
    div { height: 18px; white-space: pre; overflow: hidden; }
    span { display: inline-block; height: 18px; vertical-align: top; overflow: hidden; }
  </style><main>${rows.join("")}</main>`;
}

/** Each run of characters in exactly the columns that a terminal gives it, whatever font they are found in. */
function span({ text, ink = INK, paper = PAPER, bold, dim, inverse }) {
  const [front, back] = inverse ? [paper, ink] : [ink, paper];
  const style = [
    `color:${front}`,
    ...(back === PAPER ? [] : [`background:${back}`]),
    ...(bold ? ["font-weight:bold"] : []),
    ...(dim ? ["opacity:.62"] : []),
  ].join(";");
  // What the font is sure to have, together; all else alone.
  const runs = text.match(/[\x20-\x7e]+|[\u2500-\u259f]+|[^\x20-\x7e\u2500-\u259f]/gu) ?? [];
  return runs
    .map((run) => `<span style="${style};width:${stringWidth(run)}ch">${escaped(run)}</span>`)
    .join("");
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** The picture's pixels, as a page reads them: width, height, and four bytes each. */
async function pixels(page) {
  const png = await page.locator("main").screenshot();
  const [width, height, bytes] = await page.evaluate(
    async (source) => {
      const image = await createImageBitmap(await (await fetch(source)).blob());
      const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const text = Array.from(data, (byte) => String.fromCharCode(byte)).join("");
      return [image.width, image.height, btoa(text)];
    },
    `data:image/png;base64,${png.toString("base64")}`,
  );
  return { width, height, bytes: Buffer.from(bytes, "base64") };
}

/** A PNG of at most 256 colours, a third as large as one of all: there are few inks, each with its soft edges. */
function indexedPng({ width, height, bytes }) {
  const counts = new Map();
  const keys = new Uint32Array(width * height);
  for (let at = 0; at < keys.length; at += 1) {
    const key = [0, 1, 2].reduce((sum, part) => sum * 256 + (bytes[at * 4 + part] & 0xf8), 0);
    keys[at] = key;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256);
  const colours = palette.map(([key]) => partsOf(key));
  const indexes = new Map([...counts.keys()].map((key) => [key, nearest(partsOf(key), colours)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      rows[y * (width + 1) + 1 + x] = indexes.get(keys[y * width + x]) ?? 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, which are the number of a colour.
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(colours.flat())),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const partsOf = (key) => [(key >> 16) & 255, (key >> 8) & 255, key & 255];

function nearest(wanted, colours) {
  const distances = colours.map((colour) =>
    colour.reduce((sum, part, at) => sum + (part - wanted[at]) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

/** A part of a PNG: its length, its name, its bytes, and their check. */
function chunk(name, body) {
  const named = Buffer.concat([Buffer.from(name, "latin1"), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: tmux capture-pane -e -N -p -t SESSION | node scripts/picture.js FILE.png");
  process.exit(2);
}
const lines = readFileSync(0, "utf8").trimEnd().split("\n");
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const page = await browser.newPage({
  deviceScaleFactor: 1.5,
  viewport: { width: 2_400, height: 1_400 },
});
await page.setContent(html(lines));
writeFileSync(file, indexedPng(await pixels(page)));
await browser.close();
