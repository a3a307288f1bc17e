import { MktError } from "../errors.ts";
import { paint } from "./colour.ts";
import { renderValue } from "./formats.ts";
import { safeText } from "./safe-text.ts";

/** An error as stderr shows it: what happened and why, its code, what to do next; or one JSON line. */
export function renderError(
  error: unknown,
  { json, colour }: { json: boolean; colour: boolean },
): string {
  const { code, message, hint } = partsOf(error);
  if (json) return renderValue("ndjson", { error: { code, message, hint } });
  const first = `${paint("red", "mkt:", { colour })} ${safeText(message)} [${code}]\n`;
  return hint === null ? first : `${first}  hint: ${safeText(hint)}\n`;
}

function partsOf(error: unknown): { code: string; message: string; hint: string | null } {
  if (error instanceof MktError) {
    const { code, message, hint = null } = error;
    return { code, message, hint };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: "bug",
    message: `this is a bug in mkt: ${stack}`,
    hint: "please report it with this text",
  };
}
