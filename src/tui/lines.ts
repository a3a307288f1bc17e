import type { Colour } from "../output/colour.ts";
import { displayWidth, safeLine, truncate } from "../output/safe-text.ts";

/** How a part of a line looks. The colours are the terminal's own 16; none of them says anything alone. */
export type Tone = Colour | "dim" | "inverse";

export interface Span {
  text: string;
  tones: readonly Tone[];
}

/** One line of the screen, from left to right. Plain text stands for itself. */
export type Line = readonly (string | Span)[];

/** What the terminal can show. */
export interface Theme {
  colour: boolean;
  /** Whether it shows more than ASCII. */
  unicode: boolean;
}

const CODES: Readonly<Record<Tone, number>> = {
  bold: 1,
  dim: 2,
  inverse: 7,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  gray: 90,
};
/** They are no colours: NO_COLOR leaves them. */
const ALWAYS: readonly Tone[] = ["bold", "dim", "inverse"];
/** What the dashboard draws with, and what stands for it in ASCII: as wide. */
const ASCII: Readonly<Record<string, string>> = {
  "…": "~",
  "│": "|",
  "─": "-",
  "┼": "+",
  "┬": "+",
  "·": "-",
  "●": "*",
  "○": "o",
  "▸": ">",
  "◆": "#",
  "→": ">",
  "×": "x",
  "↑": "^",
  "↓": "v",
  "▲": "^",
  "▼": "v",
  "⏎": "/",
  "▁": "_",
  "▂": ".",
  "▃": ":",
  "▄": "-",
  "▅": "=",
  "▆": "+",
  "▇": "*",
  "█": "#",
  "░": ".",
  "▒": ":",
  "▓": "%",
};
const DRAWN = new RegExp(`[${Object.keys(ASCII).join("")}]`, "gu");
const PRINTABLE = /^[\x20-\x7e]*$/;

/** A part of a line that looks like this. */
export const tone = (text: string, ...tones: Tone[]): Span => ({ text, tones });

/** A line without its looks, safe to print. */
export const plain = (line: Line): string => line.map((part) => safe(textOf(part))).join("");

/** Columns that a line takes. */
export const widthOf = (line: Line): number =>
  line.reduce((sum, part) => sum + columnsOf(safe(textOf(part))), 0);

/** The line in exactly so many columns: cut with `…`, or filled with blanks. */
export function fitted(line: Line, columns: number): Line {
  const kept: (string | Span)[] = [];
  let left = columns;
  for (const part of line) {
    const text = safe(textOf(part));
    const width = columnsOf(text);
    if (width <= left) {
      kept.push(typeof part === "string" ? text : { ...part, text });
      left -= width;
      continue;
    }
    const cut = truncate(text, left);
    kept.push(typeof part === "string" ? cut : { ...part, text: cut });
    left -= columnsOf(cut);
    // A wide character that would stand half outside leaves a column over.
    break;
  }
  if (left > 0) kept.push(" ".repeat(left));
  return kept;
}

/** The text in exactly so many columns, on one side of them. */
export function cell(text: string, columns: number, align: "left" | "right" = "left"): string {
  const shown = truncate(safe(text), columns);
  const blanks = " ".repeat(Math.max(0, columns - columnsOf(shown)));
  return align === "left" ? shown + blanks : blanks + shown;
}

/** The line as the terminal takes it. Text from strangers becomes harmless here. */
export function paintLine(line: Line, { colour, unicode }: Theme): string {
  return line
    .map((part) => {
      const text = unicode ? safe(textOf(part)) : inAscii(safe(textOf(part)));
      const tones = typeof part === "string" ? [] : part.tones;
      const codes = tones.filter((one) => colour || ALWAYS.includes(one)).map((one) => CODES[one]);
      return codes.length === 0 || text === ""
        ? text
        : `\u001b[${codes.join(";")}m${text}\u001b[0m`;
    })
    .join("");
}

/** The drawn characters in ASCII. */
const inAscii = (text: string): string => text.replaceAll(DRAWN, (found) => ASCII[found] ?? found);

/** A text in lines of at most so many columns, broken between words where that can be. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.max(1, columns);
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (columnsOf(safe(longer)) <= width) {
        line = longer;
        continue;
      }
      if (line !== "") lines.push(line);
      line = word;
      while (columnsOf(safe(line)) > width) {
        const [head, rest] = breakAt(safe(line), width);
        lines.push(head);
        line = rest;
      }
    }
    lines.push(line);
  }
  return lines;
}

function breakAt(text: string, columns: number): [string, string] {
  let head = "";
  for (const character of text) {
    if (head !== "" && columnsOf(head + character) > columns) break;
    head += character;
  }
  return [head, text.slice(head.length)];
}

const textOf = (part: string | Span): string => (typeof part === "string" ? part : part.text);

const safe = (text: string): string => (PRINTABLE.test(text) ? text : safeLine(text));

const columnsOf = (text: string): number =>
  PRINTABLE.test(text) ? text.length : displayWidth(text);
