import { readFile, realpath, writeFile } from "node:fs/promises";
import { MktError } from "../errors.ts";
import { commandLine, end, identify, type ProcessIdentity } from "./processes.ts";

const STOP_TIMEOUT_MS = 30_000;
const NO_PROCESS = 2 ** 31 - 1;

/**
 * Stops the server of a data directory, whoever started it: open transactions are undone, committed
 * ones kept. Does nothing when none runs.
 */
export async function stopPostgres(dataDirectory: string): Promise<void> {
  const server = await findPostgres(dataDirectory);
  if (server) await endPostgres(server);
}

/** Stops a server that is known already. */
export async function endPostgres(server: ProcessIdentity): Promise<void> {
  // PostgreSQL's own signals: SIGINT ends the sessions, SIGQUIT recovers at the next start.
  const stopped = await end(server, ["SIGINT", "SIGQUIT", "SIGKILL"], STOP_TIMEOUT_MS);
  if (!stopped)
    throw new MktError("unavailable", `PostgreSQL (process ${server.pid}) will not end`);
}

/** The live server of a data directory, found by its postmaster.pid. */
export async function findPostgres(dataDirectory: string): Promise<ProcessIdentity | undefined> {
  const [first, directory] = (await readPidFile(dataDirectory)) ?? [];
  const pid = Number(first);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !directory) return undefined;
  // After a crash the number may by now belong to any other program.
  if (!commandLine(pid).includes(` -D ${directory} `)) return undefined;
  const [theirs, ours] = await Promise.all([directory, dataDirectory].map(resolved));
  return theirs === ours ? identify(pid) : undefined;
}

function resolved(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** The lines of postmaster.pid, undefined when there is none: process, data directory, start time, port, socket directory, … */
export async function readPidFile(dataDirectory: string): Promise<string[] | undefined> {
  try {
    return (await readFile(`${dataDirectory}/postmaster.pid`, "utf8")).split("\n");
  } catch {
    return undefined;
  }
}

/**
 * PostgreSQL takes any process of the file's number for a rival: another program that has it now, or
 * a dead one that waits for its parent. The number is replaced rather than the file removed: by its
 * other lines PostgreSQL makes sure that no session of the dead server still writes.
 */
export async function disownPidFile(dataDirectory: string): Promise<void> {
  const lines = await readPidFile(dataDirectory);
  if (!lines) return;
  const rest = lines.slice(1).join("\n");
  await writeFile(`${dataDirectory}/postmaster.pid`, `${NO_PROCESS}\n${rest}`);
}
