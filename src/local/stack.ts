import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { MktError } from "../errors.ts";
import { controlClient, type SupervisorStatus } from "./control.ts";
import { assertPrivate, withLog } from "./directories.ts";
import { endGraphProcess } from "./graph-process.ts";
import { type Lock, lockHolder, takeLock } from "./lock.ts";
import { readTail } from "./logs.ts";
import { findPostgres, stopPostgres } from "./postgres-process.ts";
import { end, ended } from "./processes.ts";
import {
  dataDirectory,
  graphPidFile,
  lockDirectory,
  readDownOnPurpose,
  removeRunDirectories,
  workerLog,
} from "./stack-files.ts";
import { STORE_NAMES, type StoreName } from "./store-names.ts";
import { type SelfCommand, selfCommand, WORKER } from "./worker-command.ts";

export type { StoreName } from "./store-names.ts";

/** What the caller may say while it waits. */
export type Notice = (text: string) => void;

export interface StackOptions {
  notice?: Notice;
  timeoutMs?: number;
  /** How the background process is started. */
  self?: SelfCommand;
}

/** The state of the stack, whether it runs or not. */
export interface StackStatus {
  supervisor: { pid: number; since: string } | null;
  stores: SupervisorStatus["stores"];
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 25;
const MAX_LAUNCHES = 3;

/**
 * Sees to it that a store of the local stack runs, starting the stack when necessary; does nothing
 * on other profiles. `unavailable` when the store was taken down on purpose, or does not come up.
 */
export async function ensureStarted(
  config: Config,
  store: StoreName,
  notice: Notice,
  options: StackOptions = {},
): Promise<void> {
  if (config.profile.name !== "local") return;
  await withStack(config, { ...options, notice }, (control, timeoutMs) =>
    control.ensure(store, timeoutMs),
  );
}

/** Starts the stack, or one store that was down; resolves when what it started is healthy. */
export async function up(
  config: Config,
  store: StoreName | undefined,
  options: StackOptions = {},
): Promise<void> {
  await withStack(config, options, (control, timeoutMs) => control.up(store, timeoutMs));
}

/** Takes one store down until somebody takes it up again. The others go on. */
export async function downStore(
  config: Config,
  store: StoreName,
  options: StackOptions = {},
): Promise<void> {
  await withStack(config, options, (control, timeoutMs) => control.down(store, timeoutMs));
}

/** Stops everything of this `MKT_HOME`; resolves when no process of it is left, orphans included. */
export async function down(config: Config, options: StackOptions = {}): Promise<void> {
  (await stopAll(config, options)).release();
}

/** Stops everything and deletes the stack's data, logs and sockets; configuration and secrets stay. */
export async function reset(config: Config, options: StackOptions = {}): Promise<void> {
  const lock = await stopAll(config, options);
  try {
    const locks = lockDirectory(config);
    for (const name of await readdir(config.local.data)) {
      const path = join(config.local.data, name);
      if (path !== locks) await rm(path, { recursive: true });
    }
  } finally {
    lock.release();
  }
}

/** What runs and what does not; starts nothing. */
export async function status(config: Config): Promise<StackStatus> {
  const found = isOurs(config)
    ? await controlClient(config.local.stackSocket).status(START_TIMEOUT_MS)
    : undefined;
  if (found) {
    return { supervisor: { pid: found.pid, since: found.since }, stores: found.stores };
  }
  const orphan = await findPostgres(dataDirectory(config, "aurora"));
  const stores = STORE_NAMES.map((store) => ({
    store,
    state: store === "aurora" && orphan ? ("up" as const) : ("down" as const),
    pid: store === "aurora" && orphan ? orphan.pid : null,
    since: null,
    reason: readDownOnPurpose(config).includes(store) ? "taken down on purpose" : null,
    dataBytes: 0,
  }));
  return { supervisor: null, stores };
}

/**
 * Does something with the running supervisor; starts one where none runs, however many others do so
 * at the same time. `work` tells by false that the supervisor went away: then all begins again.
 */
async function withStack(
  config: Config,
  options: StackOptions,
  work: (control: ReturnType<typeof controlClient>, timeoutMs: number) => Promise<boolean>,
): Promise<void> {
  const { notice, timeoutMs = START_TIMEOUT_MS, self = selfCommand() } = options;
  const deadline = Date.now() + timeoutMs;
  const control = controlClient(config.local.stackSocket);
  let launched: { exitCode: number | null } | undefined;
  let launches = 0;
  for (;;) {
    const left = deadline - Date.now();
    if (left <= 0) break;
    if (isOurs(config) && (await work(control, left))) return;
    const idle = launched === undefined || launched.exitCode !== null;
    if (idle && !lockHolder(lockDirectory(config))) {
      if (launches === MAX_LAUNCHES) break;
      if (launches === 0) notice?.("starting the local stack…");
      launches += 1;
      launched = await launch(config, self);
    }
    await delay(POLL_MS);
  }
  const lines = await readTail(workerLog(config), 20);
  const why = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "no log";
  throw new MktError("unavailable", `the local stack does not start: ${why}`, {
    hint: `mkt logs, or ${workerLog(config)}, shows what happened`,
  });
}

async function launch(config: Config, self: SelfCommand): Promise<{ exitCode: number | null }> {
  await mkdir(config.local.logs, { recursive: true, mode: 0o700 });
  const [program, ...options] = self;
  const child = withLog(workerLog(config), (log) =>
    spawn(program, [...options, WORKER], {
      cwd: "/",
      detached: true,
      env: { ...process.env, MKT_HOME: config.home, MKT_PROFILE: "local" },
      stdio: ["ignore", log, log],
    }),
  );
  const launched: { exitCode: number | null } = { exitCode: null };
  child.once("error", () => {
    launched.exitCode = 1;
  });
  child.once("exit", (code) => {
    launched.exitCode = code ?? 1;
  });
  child.unref();
  return launched;
}

/** Stops every process and takes the lock, so that nobody starts one before the caller is done. */
async function stopAll(config: Config, options: StackOptions): Promise<Lock> {
  const { notice, timeoutMs = STOP_TIMEOUT_MS } = options;
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const lock = takeLock(lockDirectory(config));
    if (lock) {
      try {
        await stopOrphans(config);
        return lock;
      } catch (error) {
        lock.release();
        throw error;
      }
    }
    const holder = lockHolder(lockDirectory(config));
    if (!holder) continue;
    notice?.("stopping the local stack…");
    const asked = isOurs(config) && (await controlClient(config.local.stackSocket).stop(timeoutMs));
    if (asked && (await ended(holder, deadline - Date.now()))) continue;
    await end(holder, ["SIGTERM", "SIGKILL"], Math.max(1_000, timeoutMs / 2));
  }
  throw new MktError("unavailable", "the local stack does not stop in time", {
    hint: "repeat mkt down, perhaps with a longer --timeout",
  });
}

async function stopOrphans(config: Config): Promise<void> {
  await stopPostgres(dataDirectory(config, "aurora"));
  await endGraphProcess(graphPidFile(config));
  removeRunDirectories(config);
}

/** Whether there is a run directory to talk through; one that is not ours is an error. */
function isOurs(config: Config): boolean {
  if (!existsSync(config.local.run)) return false;
  assertPrivate(config.local.run);
  return true;
}
