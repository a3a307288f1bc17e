import { MktError } from "../errors.ts";

const TOKEN = /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)|(\s+)/gsu;
const PLAIN = /^[\w@%+=:,./-]+$/u;

/** A command line in its words, as a shell would split it. Throws `usage` for a quote that does not end. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let read = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index !== read) break;
    read += match[0].length;
    const [, double, single, escaped, bare, blank] = match;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word = (word ?? "") + (double?.replaceAll(/\\(.)/gs, "$1") ?? single ?? escaped ?? bare ?? "");
  }
  if (read < text.length) throw new MktError("usage", `a quote does not end in ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}

/** Words as they have to be typed in a shell. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");
}

/** The words of a command that stand for something still to be said: TEXT, AMOUNT. */
export function blanksOf(command: string): string[] {
  return wordsOf(command).filter((word) => /^[A-Z]{2,}$/.test(word));
}

/** The words of a command with what was said in place of its blanks, and without `mkt`. */
export function filledIn(command: string, answers: readonly string[]): string[] {
  const left = [...answers];
  const words = wordsOf(command).map((word) =>
    /^[A-Z]{2,}$/.test(word) ? (left.shift() ?? word) : word,
  );
  return words[0] === "mkt" ? words.slice(1) : words;
}
