import { MktError } from "../errors.ts";
import { paint } from "./colour.ts";
import { renderValue } from "./formats.ts";
import { safeText } from "./safe-text.ts";

/** How many errors a bug's report names that led to one another. */
const CAUSES_LIMIT = 8;
/** Further lines stand below the message, so that no text in it can pass for a line of ours. */
const INDENT = " ".repeat("mkt: ".length);

/** An error as stderr shows it: what happened and why, its code, what to do next; or one JSON line. */
export function renderError(
  error: unknown,
  { json, colour }: { json: boolean; colour: boolean },
): string {
  const { code, message, hint } = partsOf(error);
  if (json) return renderValue("ndjson", { error: { code, message, hint } });
  const text = (part: string) => safeText(part).replaceAll("\n", `\n${INDENT}`);
  const first = `${paint("red", "mkt:", { colour })} ${text(message)} [${code}]\n`;
  return hint === null ? first : `${first}  hint: ${text(hint)}\n`;
}

function partsOf(error: unknown): { code: string; message: string; hint: string | null } {
  if (error instanceof MktError) {
    const { code, message, hint = null } = error;
    return { code, message, hint };
  }
  return {
    code: "bug",
    message: `this is a bug in mkt: ${stacksOf(error).join("\ncaused by: ")}`,
    hint: "please report it with this text",
  };
}

function stacksOf(error: unknown): string[] {
  const stacks: string[] = [];
  let next = error;
  while (next instanceof Error && stacks.length < CAUSES_LIMIT) {
    stacks.push(next.stack ?? String(next));
    next = next.cause;
  }
  return stacks.length > 0 ? stacks : [String(error)];
}
