const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;

/** A quote or a comment whose end is missing goes on to the text's end. */
interface Token {
  kind: "quote" | "comment" | "word" | "end" | "other";
  text: string;
}

/**
 * The first statement of a text, without its `;`, and what stands after it; undefined while its end is
 * missing. A `;` in quotes or in a comment ends nothing.
 */
export function firstStatement(text: string): { statement: string; rest: string } | undefined {
  let at = 0;
  for (const { kind, text: token } of tokensOf(text)) {
    if (kind === "end") return { statement: text.slice(0, at), rest: text.slice(at + 1) };
    at += token.length;
  }
  return undefined;
}

/** The statement without a `;` at its end. */
export function withoutEnd(text: string): string {
  const found = firstStatement(text);
  return found && isBlank(found.rest) ? found.statement : text;
}

/** Whether it says nothing: it is all spaces, comments and semicolons. */
export function isBlank(text: string): boolean {
  return tokensOf(text).every(
    ({ kind, text: token }) => kind === "comment" || kind === "end" || token.trim() === "",
  );
}

/** The word it starts with, in lower case: what it does. */
export function firstWord(text: string): string {
  for (const { kind, text: token } of tokensOf(text)) {
    if (kind === "word") return token.toLowerCase();
    const isSkipped = kind === "comment" || token.trim() === "" || token === "(";
    if (!isSkipped) return "";
  }
  return "";
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let before = "";
  while (at < text.length) {
    const token = tokenAt(text, at, before);
    tokens.push(token);
    before = token.text;
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(text: string, at: number, before: string): Token {
  const two = text.slice(at, at + 2);
  const [one = ""] = two;
  if (two === "--") return until(text, at, "\n", "comment");
  if (two === "/*") return blockComment(text, at);
  // Only in E'…' does a backslash keep a quote from ending.
  if (one === "'") return quoted(text, at, "'", /^e$/i.test(before));
  if (one === '"') return quoted(text, at, '"', false);
  const tag = one === "$" ? matchAt(DOLLAR_TAG, text, at) : undefined;
  if (tag) return until(text, at, tag, "quote", tag.length);
  const word = matchAt(WORD, text, at);
  if (word) return { kind: "word", text: word };
  return { kind: one === ";" ? "end" : "other", text: one };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function until(text: string, at: number, end: string, kind: Token["kind"], skip = 0): Token {
  const found = text.indexOf(end, at + skip);
  if (found < 0) return { kind, text: text.slice(at) };
  return { kind, text: text.slice(at, found + end.length) };
}

function quoted(text: string, at: number, quote: string, hasEscapes: boolean): Token {
  for (let next = at + 1; next < text.length; next += 1) {
    if (hasEscapes && text[next] === "\\") next += 1;
    else if (text[next] === quote && text[next + 1] === quote) next += 1;
    else if (text[next] === quote) return { kind: "quote", text: text.slice(at, next + 1) };
  }
  return { kind: "quote", text: text.slice(at) };
}

/** They nest, as in PostgreSQL. */
function blockComment(text: string, at: number): Token {
  let depth = 0;
  for (let next = at; next < text.length; next += 1) {
    const two = text.slice(next, next + 2);
    if (two === "/*") depth += 1;
    else if (two === "*/") depth -= 1;
    else continue;
    next += 1;
    if (depth === 0) return { kind: "comment", text: text.slice(at, next + 1) };
  }
  return { kind: "comment", text: text.slice(at) };
}
