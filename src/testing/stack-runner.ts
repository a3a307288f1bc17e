import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { SelfCommand } from "../local/worker-command.ts";

const PROGRAM = `
  import { loadConfig } from "../config.ts";
  import { serveEmbeddedGraph } from "../local/graph-process.ts";
  import { runSupervisor } from "../local/supervisor.ts";
  const config = loadConfig(process.env);
  const self = [process.execPath, process.argv[1]];
  if (process.argv[2] === "worker") await runSupervisor(config, { self });
  else await serveEmbeddedGraph(config);
`;

/** A program that runs the local stack's processes and nothing else, and how to remove it. */
export async function stackRunner(): Promise<{ self: SelfCommand; remove: () => Promise<void> }> {
  // Inside the package, so that the packages it imports are found.
  const directory = await mkdtemp(join(import.meta.dirname, "../../node_modules/.mkt-stack-"));
  const program = join(directory, "runner.mjs");
  buildSync({
    stdin: { contents: PROGRAM, resolveDir: import.meta.dirname, loader: "ts" },
    outfile: program,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
  });
  return {
    self: [process.execPath, program],
    remove: () => rm(directory, { recursive: true }),
  };
}
