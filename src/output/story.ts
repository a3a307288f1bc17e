import { paint, type Terminal } from "./colour.ts";
import { displayWidth, safeText } from "./safe-text.ts";

/** Labelled lines, the texts aligned; further lines of a text stand below its first. */
export function block(pairs: readonly (readonly [label: string, text: string])[]): string {
  const width = Math.max(0, ...pairs.map(([label]) => displayWidth(label)));
  return pairs
    .map(([label, text]) => {
      const gap = " ".repeat(width - displayWidth(label) + 2);
      const [first = "", ...more] = safeText(text).split("\n");
      return [
        `${label}${gap}${first}`,
        ...more.map((line) => `${" ".repeat(width + 2)}${line}`),
      ].join("\n");
    })
    .join("\n");
}

export function heading(text: string, terminal: Pick<Terminal, "colour">): string {
  return paint("bold", safeText(text), terminal);
}
