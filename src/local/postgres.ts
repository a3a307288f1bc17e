import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MktError } from "../errors.ts";
import { type Account, privateDirectory, withLog } from "./directories.ts";
import type { RunningEngine } from "./engine.ts";
import { readTail } from "./logs.ts";
import { postgresBinaries } from "./postgres-binaries.ts";
import { isAnswering } from "./postgres-ping.ts";
import {
  disownPidFile,
  draftOf,
  endPostgres,
  findPostgres,
  readPidFile,
  stopPostgres,
} from "./postgres-process.ts";
import { give, openTheWay, postgresAccount } from "./postgres-user.ts";
import { end, identify, type ProcessIdentity } from "./processes.ts";

export interface PostgresOptions {
  /** The topmost directory that is ours: as root, PostgreSQL's user gets leave to pass it. */
  home: string;
  dataDirectory: string;
  /** Made with mode 0700; the server listens on a Unix socket in it and nowhere else. */
  socketDirectory: string;
  logFile: string;
  /** False, for tests, trades safety after a crash of the machine for speed. */
  durable?: boolean;
  /** Told what takes time, and what is changed outside `home`. */
  progress?: (text: string) => void;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const INITDB_TIMEOUT_MS = 120_000;
const POLL_MS = 20;
const PORT = "5432";

/**
 * Starts the server of a data directory, which is made when missing, or adopts it where it already
 * runs. The server outlives the process that started it, until `close`.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningEngine> {
  const { dataDirectory, socketDirectory, home, progress = () => undefined } = options;
  const account = postgresAccount(progress);
  await mkdir(dirname(dataDirectory), { recursive: true, mode: 0o700 });
  privateDirectory(socketDirectory, account);
  if (account) {
    openTheWay(account, dataDirectory, home);
    openTheWay(account, socketDirectory, home);
  }
  const running = await adopt(options);
  const server = running ?? (await start(options, account));
  return {
    process: server,
    close: () => endPostgres(server),
  };
}

async function adopt(options: PostgresOptions): Promise<ProcessIdentity | undefined> {
  const { dataDirectory, socketDirectory } = options;
  const found = await findPostgres(dataDirectory);
  const listensElsewhere = (await readPidFile(dataDirectory))?.[4] !== socketDirectory;
  if (
    found &&
    !listensElsewhere &&
    (await answersInTime(socketDirectory, () => !identify(found.pid)))
  ) {
    return found;
  }
  await stopPostgres(dataDirectory);
  await disownPidFile(dataDirectory);
  return undefined;
}

async function start(
  options: PostgresOptions,
  account: Account | undefined,
): Promise<ProcessIdentity> {
  const { dataDirectory, socketDirectory, logFile } = options;
  const binaries = await postgresBinaries(account, dirname(dataDirectory));
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
  if (!existsSync(dataDirectory)) await initialise(binaries.initdb, options, account);
  const settings = Object.entries(serverSettings(options)).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const server = launch(binaries.postgres, ["-D", dataDirectory, ...settings], logFile, account);
    const exited = () => server.exitCode !== null || server.signalCode !== null;
    const answers = await answersInTime(socketDirectory, exited);
    const identity = server.pid === undefined ? undefined : identify(server.pid);
    if (answers && identity) return identity;
    // The processes of a killed server hold its memory a little longer; until then no other starts.
    const log = await lastLines(logFile);
    if (exited() && log.includes("is still in use") && Date.now() < deadline) {
      await delay(POLL_MS * 10);
      continue;
    }
    if (identity) await end(identity, ["SIGQUIT", "SIGKILL"], STOP_TIMEOUT_MS);
    throw new MktError("unavailable", `PostgreSQL does not start: ${log}`, {
      hint: `its log is ${logFile}`,
    });
  }
}

/** An eighth of the machine's memory within reason: the indexes of a million orders then stay in it. */
function buffersMb(): number {
  return Math.min(4_096, Math.max(128, Math.floor(totalmem() / 8 / 1024 / 1024)));
}

function serverSettings({ socketDirectory, durable = true }: PostgresOptions) {
  const fast = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  // Histories come by the gigabyte: with the defaults every gigabyte of them is a checkpoint, after which each
  // page of an index is logged whole again.
  const large = {
    shared_buffers: `${buffersMb()}MB`,
    max_wal_size: "8GB",
    checkpoint_timeout: "15min",
    // A table that grows is vacuumed again and again: not at the expense of what makes it grow.
    autovacuum_vacuum_cost_delay: "10ms",
  };
  return {
    port: PORT,
    listen_addresses: "",
    // The setting is a list with commas: quotes keep a directory with a comma whole.
    unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    max_connections: "300",
    timezone: "UTC",
    log_timezone: "UTC",
    ...(durable ? large : fast),
  };
}

/** Builds the cluster aside and renames it, so that a half-made one is never started. */
async function initialise(
  initdb: string,
  { dataDirectory, logFile, durable = true, progress }: PostgresOptions,
  account: Account | undefined,
): Promise<void> {
  progress?.("making a new PostgreSQL data directory");
  const draft = draftOf(dataDirectory);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  give(account, draft);
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"];
  const rules = ["--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"];
  const options = [...locale, ...rules, "--username=postgres", ...(durable ? [] : ["--no-sync"])];
  const child = launch(initdb, ["-D", draft, ...options], logFile, account);
  const timer = setTimeout(() => child.kill("SIGKILL"), INITDB_TIMEOUT_MS);
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  if (code !== 0) {
    throw new MktError("unavailable", `initdb failed: ${await lastLines(logFile)}`, {
      hint: `its log is ${logFile}`,
    });
  }
  await rename(draft, dataDirectory);
}

/** Detached, so that a signal to our terminal or our own end does not reach it. */
function launch(
  program: string,
  options: string[],
  logFile: string,
  account: Account | undefined,
): ChildProcess {
  const child = withLog(logFile, (log) =>
    spawn(program, options, {
      ...account,
      cwd: "/",
      detached: true,
      // Without the caller's PG* variables, which the server would obey.
      env: { PATH: process.env.PATH, LC_ALL: "C" },
      stdio: ["ignore", log, log],
    }),
  );
  child.once("error", () => undefined);
  child.unref();
  return child;
}

async function answersInTime(socketDirectory: string, exited: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !exited()) {
    if (await isAnswering(socketDirectory)) return true;
    await delay(POLL_MS);
  }
  return false;
}

async function lastLines(logFile: string): Promise<string> {
  return (await readTail(logFile, 5)).join(" | ");
}
