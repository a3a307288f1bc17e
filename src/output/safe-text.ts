import stringWidth from "string-width";

// What could drive a terminal, or hide in a text: controls, format characters (bidirectional overrides
// among them), private use, lone surrogates. Joiners inside of emoji and combining marks stay.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;
const JOINER = "\u200d";
const EMOJI_BEFORE_JOINER = /\p{Extended_Pictographic}[\p{M}\p{Emoji_Modifier}]*$/u;
const EMOJI = /^\p{Extended_Pictographic}/u;
const CONTROL_PICTURES = 0x2400;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Text from strangers, fit to print: what would drive the terminal is shown, not obeyed. Lines stay lines. */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, (character, offset: number) => {
    if (character === "\n") return character;
    if (character === JOINER && joinsEmoji(text, offset)) return character;
    return visible(character);
  });
}

/** The same for one line: a line break is shown, a tab becomes a space. */
export function safeLine(text: string): string {
  return safeText(text.replaceAll("\t", " ")).replaceAll("\n", "⏎");
}

/** How many columns a text takes. */
export const displayWidth = (text: string): number => stringWidth(text);

/** The text if it fits, else its beginning and `…`; never a part of a character. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const columns = displayWidth(segment);
    if (used + columns > width - 1) break;
    kept += segment;
    used += columns;
  }
  return width < 1 ? "" : `${kept}…`;
}

function joinsEmoji(text: string, offset: number): boolean {
  return (
    EMOJI_BEFORE_JOINER.test(text.slice(Math.max(0, offset - 8), offset)) &&
    EMOJI.test(text.slice(offset + 1))
  );
}

/** C0 by its picture, the rest by its number. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
  if (code === 0x7f) return "␡";
  return `\\u{${code.toString(16)}}`;
}
