import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import * as z from "zod";
import type { Config } from "../config.ts";
import { MktError } from "../errors.ts";
import { withLog } from "./directories.ts";
import type { RunningEngine } from "./engine.ts";
import { end, identify, type ProcessIdentity } from "./processes.ts";
import type { Running } from "./running.ts";
import { dataDirectory } from "./stack-files.ts";
import { GRAPH_ENGINE, type SelfCommand } from "./worker-command.ts";

export interface GraphProcessOptions {
  self: SelfCommand;
  home: string;
  logFile: string;
  /** Remembers the process, so that a later supervisor can end one that hangs. */
  pidFile: string;
}

const READY = "ready";
const MEMORY_LIMIT_MIB = 512;
const START_TIMEOUT_MS = 60_000;
/** Time enough to save what it holds. */
const STOP_TIMEOUT_MS = 15_000;
const identitySchema = z.object({ pid: z.number(), startedAt: z.string() });

/**
 * Starts the embedded graph in a process of its own, where a query that eats all memory or never
 * ends harms no other store. The process ends with its supervisor.
 */
export async function startGraphProcess(options: GraphProcessOptions): Promise<RunningEngine> {
  const { logFile, pidFile } = options;
  await endGraphProcess(pidFile);
  const child = withLog(logFile, (log) => launch(options, log));
  const graph = child.pid === undefined ? undefined : identify(child.pid);
  if (graph) writeFileSync(pidFile, JSON.stringify(graph), { mode: 0o600 });
  if (!graph || !(await isReady(child))) {
    await endGraphProcess(pidFile);
    throw new MktError("unavailable", "the embedded graph does not start", {
      hint: `its log is ${logFile}`,
    });
  }
  // From here on it must not keep us from ending: our end is what ends it.
  child.unref();
  child.channel?.unref();
  return { process: graph, close: () => endGraph(graph, pidFile) };
}

/** Ends the graph's process if one runs, whoever started it. */
export async function endGraphProcess(pidFile: string): Promise<void> {
  const found = readPidFile(pidFile);
  if (found) await endGraph(found, pidFile);
}

async function endGraph(graph: ProcessIdentity, pidFile: string): Promise<void> {
  await end(graph, ["SIGTERM", "SIGKILL"], STOP_TIMEOUT_MS);
  rmSync(pidFile, { force: true });
}

/** Serves the graph of one `MKT_HOME` from this process until its supervisor says, or is, no more. */
export function serveEmbeddedGraph(config: Config): Promise<void> {
  const [, socketPath] = /^ws\+unix:\/\/(.+):\/gremlin$/.exec(config.profile.neptune.url) ?? [];
  if (!socketPath) throw new MktError("usage", "only the local profile has an embedded graph");
  return serveGraph(async () => {
    const { startGremlin } = await import("./gremlin/server.ts");
    return startGremlin({ socketPath, dataDirectory: dataDirectory(config, "neptune") });
  });
}

/**
 * The graph process's own side: runs the engine until the supervisor closes the channel, on purpose
 * or by its death, or until SIGTERM.
 */
async function serveGraph(start: () => Promise<Running>): Promise<void> {
  const over = new Promise<void>((resolve) => {
    process.once("disconnect", resolve);
    process.once("SIGTERM", resolve);
  });
  const engine = await start();
  process.send?.(READY);
  await over;
  await engine.close();
  if (process.connected) process.disconnect();
}

function launch({ self, home }: GraphProcessOptions, log: number): ChildProcess {
  const [program, ...options] = self;
  const memory = `--max-old-space-size=${MEMORY_LIMIT_MIB}`;
  const child = spawn(program, [memory, ...options, GRAPH_ENGINE], {
    cwd: "/",
    env: { ...process.env, MKT_HOME: home, MKT_PROFILE: "local" },
    stdio: ["ignore", log, log, "ipc"],
  });
  child.once("error", () => undefined);
  return child;
}

function isReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), START_TIMEOUT_MS);
    child.once("message", (message) => resolve(message === READY));
    child.once("exit", () => resolve(false));
    child.once("error", () => resolve(false));
    child.once("message", () => clearTimeout(timer));
    child.once("exit", () => clearTimeout(timer));
  });
}

function readPidFile(pidFile: string): ProcessIdentity | undefined {
  try {
    return identitySchema.parse(JSON.parse(readFileSync(pidFile, "utf8")));
  } catch {
    return undefined;
  }
}
