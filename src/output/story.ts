import { paint, type Terminal } from "./colour.ts";
import { hyperlink, type Link } from "./links.ts";
import { displayWidth, safeText } from "./safe-text.ts";

const GAP = 2;

/** Labelled lines, the texts aligned; further lines of a text stand below its first. Links open where they can. */
export function block(
  pairs: readonly (readonly [label: string, text: string | Link])[],
  terminal: Pick<Terminal, "links"> = { links: false },
): string {
  const width = GAP + Math.max(0, ...pairs.map(([label]) => displayWidth(label)));
  const indent = " ".repeat(width);
  return pairs
    .map(([label, text]) => {
      const start = `${label}${" ".repeat(width - displayWidth(label))}`;
      if (typeof text !== "string") return `${start}${hyperlink(text, terminal)}`;
      return `${start}${safeText(text).replaceAll("\n", `\n${indent}`)}`;
    })
    .join("\n");
}

export function heading(text: string, terminal: Pick<Terminal, "colour">): string {
  return paint("bold", safeText(text), terminal);
}
