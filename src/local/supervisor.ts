import { existsSync } from "node:fs";
import { lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { type Control, type SupervisorStatus, serveControl } from "./control.ts";
import { privateDirectory } from "./directories.ts";
import type { Engine } from "./engine.ts";
import { localEngines } from "./engines.ts";
import { type Keeper, keeper } from "./keeper.ts";
import { type Lock, takeLock } from "./lock.ts";
import {
  lockDirectory,
  readDownOnPurpose,
  removeRunDirectories,
  writeDownOnPurpose,
} from "./stack-files.ts";
import { STORE_NAMES, type StoreName } from "./store-names.ts";
import { type SelfCommand, selfCommand } from "./worker-command.ts";

export interface SupervisorOptions {
  /** What else this process does while the stack runs; it ends when the signal says so. */
  work?: (stopping: AbortSignal) => Promise<void>;
  log?: (text: string) => void;
  /** How this program starts the graph's process. */
  self?: SelfCommand;
}

const CHECK_MS = 1_000;
const WORK_RETRY_MS = 1_000;
const WORK_STOP_TIMEOUT_MS = 10_000;

/**
 * Runs the embedded stack of one `MKT_HOME` until it is told to stop, by its socket or by a signal;
 * then nothing of it is left. False, at once, when another process runs it already.
 *
 * It holds nothing that is not on disk: killed, it is started again by the next command, takes over
 * PostgreSQL, which went on, and starts the rest anew.
 */
export async function runSupervisor(
  config: Config,
  options: SupervisorOptions = {},
): Promise<boolean> {
  const { work, log = logToStderr, self = selfCommand() } = options;
  const lock = takeLock(lockDirectory(config));
  if (!lock) return false;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  for (const name of signals) process.on(name, stop);
  try {
    log(`supervising ${config.home} (process ${process.pid})`);
    privateDirectory(config.local.run);
    await mkdir(config.local.logs, { recursive: true, mode: 0o700 });
    const engines = localEngines(config, self, log);
    const keepers = makeKeepers(config, engines, log);
    const control = controlOf(config, engines, keepers, stopping);
    const server = await serveControl(config.local.stackSocket, control);
    try {
      await Promise.all([
        supervise(keepers, lock, stopping.signal, () => abandon(config, keepers, log)),
        work && keepWorking(work, stopping.signal, log),
      ]);
    } finally {
      await Promise.all(STORE_NAMES.map((store) => keepers[store].down()));
      await server.close();
    }
    removeRunDirectories(config);
    log("stopped");
  } finally {
    for (const name of signals) process.off(name, stop);
    lock.release();
  }
  return true;
}

function makeKeepers(
  config: Config,
  engines: Record<StoreName, Engine>,
  log: (text: string) => void,
): Record<StoreName, Keeper> {
  const down = readDownOnPurpose(config);
  const make = (store: StoreName) =>
    keeper(store, engines[store], { downOnPurpose: down.includes(store), log });
  return {
    aurora: make("aurora"),
    dynamo: make("dynamo"),
    s3: make("s3"),
    neptune: make("neptune"),
    payments: make("payments"),
    shipping: make("shipping"),
  };
}

/** Starts what is missing, again and again, until it is time to stop. */
async function supervise(
  keepers: Record<StoreName, Keeper>,
  lock: Lock,
  stopping: AbortSignal,
  lost: () => void,
): Promise<void> {
  while (!stopping.aborted) {
    // Not awaited: one slow engine must not keep the others waiting.
    for (const store of STORE_NAMES) void keepers[store].check();
    await delay(CHECK_MS, undefined, { signal: stopping }).catch(() => undefined);
    if (!lock.isHeld()) lost();
  }
}

/**
 * Ends at once when the stack's directory was deleted. Another stack may be at the same paths by now,
 * whose sockets an orderly end would remove.
 */
function abandon(
  config: Config,
  keepers: Record<StoreName, Keeper>,
  log: (text: string) => void,
): void {
  log("the stack's directory was deleted");
  for (const store of STORE_NAMES) keepers[store].abandon();
  if (!existsSync(config.home)) removeRunDirectories(config);
  process.kill(process.pid, "SIGKILL");
}

/** An error of the work is a bug, written down; the stack and the work go on. */
async function keepWorking(
  work: (stopping: AbortSignal) => Promise<void>,
  stopping: AbortSignal,
  log: (text: string) => void,
): Promise<void> {
  const running = (async () => {
    while (!stopping.aborted) {
      try {
        await work(stopping);
      } catch (error) {
        log(`the worker failed: ${error instanceof Error ? error.stack : String(error)}`);
      }
      await delay(WORK_RETRY_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
  })();
  const aborted = new Promise((resolve) => stopping.addEventListener("abort", resolve));
  await Promise.race([
    running,
    aborted.then(() => delay(WORK_STOP_TIMEOUT_MS, undefined, { ref: false })),
  ]);
}

function controlOf(
  config: Config,
  engines: Record<StoreName, Engine>,
  keepers: Record<StoreName, Keeper>,
  stopping: AbortController,
): Control {
  const since = new Date().toISOString();
  const status = async (): Promise<SupervisorStatus> => {
    const stores = STORE_NAMES.map(async (store) => ({
      store,
      ...keepers[store].status(),
      dataBytes: await sizeOf(engines[store].dataDirectory),
    }));
    return { pid: process.pid, since, stores: await Promise.all(stores) };
  };
  return {
    status,
    isStopping: () => stopping.signal.aborted,
    stop: () => stopping.abort(),
    ensure: (store) => keepers[store].ensure(),
    up: async (store) => {
      const wanted = store ? [store] : STORE_NAMES;
      const down = readDownOnPurpose(config).filter((name) => !wanted.includes(name));
      writeDownOnPurpose(config, down);
      await Promise.all(wanted.map((name) => keepers[name].up()));
    },
    down: async (store) => {
      writeDownOnPurpose(config, [...new Set([...readDownOnPurpose(config), store])]);
      await keepers[store].down();
    },
  };
}

/** Bytes of all files below a directory; files that vanish meanwhile do not count. */
async function sizeOf(directory: string | undefined): Promise<number> {
  if (!directory) return 0;
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(
    () => [],
  );
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const found = await lstat(join(parentPath, name)).catch(() => undefined);
      return found?.size ?? 0;
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function logToStderr(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
