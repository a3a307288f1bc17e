/** Control characters, bidirectional overrides, and halves of characters without their other half. */
const UNWANTED = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu;

/** A source's text as it may stand here: without what no text of ours holds, and cut to so many characters. */
export function tidyText(text: string | null | undefined, limit: number): string {
  const tidy = (text ?? "").replaceAll(UNWANTED, " ").replaceAll(/\s+/gu, " ").trim();
  return tidy.length <= limit ? tidy : [...tidy].slice(0, limit).join("").trim();
}
