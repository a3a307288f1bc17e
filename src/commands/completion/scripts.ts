import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageDirectory } from "../../config.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;

/**
 * The script that teaches a shell to complete mkt's command lines. It hands the words up to the cursor to
 * `mkt complete` and offers what that prints, so it never grows old.
 */
export function completionScript(shell: (typeof SHELLS)[number]): Promise<string> {
  return readFile(join(packageDirectory(), "completions", `mkt.${shell}`), "utf8");
}
