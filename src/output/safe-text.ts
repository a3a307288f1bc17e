import stringWidth from "string-width";

// Invisible characters that writing needs where they stand: variation selectors (of emoji and of Han),
// joiners inside of emoji and of scripts whose letters change shape, the tags of a flag.
const NEEDED = [
  String.raw`\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?(?:\u200d\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)+`,
  String.raw`\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f}`,
  String.raw`(?<=[^\p{C}\p{Default_Ignorable_Code_Point}\s])[\ufe00-\ufe0f]`,
  String.raw`(?<=\p{Script=Han})[\u{e0100}-\u{e01ef}]`,
  String.raw`(?<=[${scripts("Arabic Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala")}]\p{M}{0,4})[\u200c\u200d](?=\p{L})`,
].join("|");
// What could drive a terminal or hide in a text: controls, format characters (bidirectional overrides among
// them), everything else invisible, private use, lone surrogates, separators of lines and paragraphs.
const UNSAFE = String.raw`[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]`;
const NEEDED_OR_UNSAFE = new RegExp(`(${NEEDED})|${UNSAFE}`, "gu");
const CONTROL_PICTURES = 0x2400;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Text from strangers, fit to print: what would drive the terminal is shown, not obeyed. Lines stay lines. */
export function safeText(text: string): string {
  return safeData(text.replaceAll("\r\n", "\n")).replaceAll("\t", " ");
}

/** The same for one line: a line break is shown. */
export function safeLine(text: string): string {
  return safeText(text).replaceAll("\n", "⏎");
}

/** The same for data in a file: line breaks and tabs stay as they are. */
export function safeData(text: string): string {
  return text.replaceAll(NEEDED_OR_UNSAFE, (found: string, needed: string | undefined) =>
    needed !== undefined || found === "\n" || found === "\t" ? found : visible(found),
  );
}

/** How many columns a text takes. */
export const displayWidth = (text: string): number => stringWidth(text);

/** The text if it fits, else its beginning and `…`; never a part of a character. */
export function truncate(text: string, width: number): string {
  if (width < 1) return "";
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    const columns = displayWidth(segment);
    if (used + columns > width - 1) break;
    kept += segment;
    used += columns;
  }
  return `${kept}…`;
}

function scripts(names: string): string {
  return names
    .split(" ")
    .map((name) => `\\p{Script=${name}}`)
    .join("");
}

/** C0 by its picture, the rest by its number. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
  if (code === 0x7f) return "␡";
  return `\\u{${code.toString(16)}}`;
}
