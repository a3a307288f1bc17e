import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MktError } from "../errors.ts";

/** How this program starts itself again: `[program, ...options]`, before the name of a command. */
export type SelfCommand = readonly [string, ...string[]];

/** The hidden commands that run the embedded stack's processes. */
export const WORKER = "worker";
export const GRAPH_ENGINE = "graph-engine";

/** Runs `bin/mkt.js` of the installation that this file belongs to, by the Node that runs us. */
export function selfCommand(): SelfCommand {
  // This file runs from dist/ when installed, and from src/local/ in tests.
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    const program = join(at, "bin", "mkt.js");
    if (existsSync(program)) return [process.execPath, program];
  }
  throw new MktError("unavailable", "bin/mkt.js is missing from this installation of mkt", {
    hint: "install mkt again",
  });
}
