import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MktError } from "../errors.ts";
import { type Account, privateDirectory, withLog } from "./directories.ts";
import { postgresBinaries } from "./postgres-binaries.ts";
import { isAnswering } from "./postgres-ping.ts";
import { give, openTheWay, postgresAccount } from "./postgres-user.ts";
import { commandLine, end, identify, type ProcessIdentity } from "./processes.ts";
import type { Running } from "./running.ts";

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

/** A PostgreSQL server. It outlives the process that started it, until `close`. */
export interface RunningPostgres extends Running {
  process: ProcessIdentity;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const INITDB_TIMEOUT_MS = 120_000;
const POLL_MS = 20;
const PORT = "5432";
const NO_PROCESS = 2 ** 31 - 1;

/** Starts the server of a data directory, which is made when missing, or adopts it where it already runs. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
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
    close: async () => {
      await stopPostgres(dataDirectory);
    },
  };
}

/**
 * Stops the server of a data directory, whoever started it: open transactions are undone, committed
 * ones kept. Does nothing when none runs.
 */
export async function stopPostgres(dataDirectory: string): Promise<void> {
  const server = await findPostgres(dataDirectory);
  if (!server) return;
  // PostgreSQL's own signals: SIGINT ends the sessions, SIGQUIT recovers at the next start.
  const stopped = await end(server, ["SIGINT", "SIGQUIT", "SIGKILL"], STOP_TIMEOUT_MS);
  if (!stopped)
    throw new MktError("unavailable", `PostgreSQL (process ${server.pid}) will not end`);
}

/** The live server of a data directory, found by its postmaster.pid. */
export async function findPostgres(dataDirectory: string): Promise<ProcessIdentity | undefined> {
  const pid = Number((await readPidFile(dataDirectory))?.[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  // After a crash the number may by now belong to any other program.
  return commandLine(pid).includes(dataDirectory) ? identify(pid) : undefined;
}

/** The lines of postmaster.pid: process, data directory, start time, port, socket directory, … */
async function readPidFile(dataDirectory: string): Promise<string[] | undefined> {
  try {
    return (await readFile(`${dataDirectory}/postmaster.pid`, "utf8")).split("\n");
  } catch {
    return undefined;
  }
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

/**
 * PostgreSQL takes any process of the file's number for a rival: another program that has it now, or
 * a dead one that waits for its parent. The number is replaced rather than the file removed: by its
 * other lines PostgreSQL makes sure that no session of the dead server still writes.
 */
async function disownPidFile(dataDirectory: string): Promise<void> {
  const lines = await readPidFile(dataDirectory);
  if (!lines) return;
  const rest = lines.slice(1).join("\n");
  await writeFile(`${dataDirectory}/postmaster.pid`, `${NO_PROCESS}\n${rest}`);
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

function serverSettings({ socketDirectory, durable = true }: PostgresOptions) {
  const fast = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  return {
    port: PORT,
    listen_addresses: "",
    // The setting is a list with commas: quotes keep a directory with a comma whole.
    unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    max_connections: "300",
    timezone: "UTC",
    log_timezone: "UTC",
    ...(durable ? {} : fast),
  };
}

/** Builds the cluster aside and renames it, so that a half-made one is never started. */
async function initialise(
  initdb: string,
  { dataDirectory, logFile, durable = true, progress }: PostgresOptions,
  account: Account | undefined,
): Promise<void> {
  progress?.("making a new PostgreSQL data directory");
  const draft = `${dataDirectory}.draft`;
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
  const text = await readFile(logFile, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-5).join(" | ");
}
