import { readdir, readFile, readlink, realpath, writeFile } from "node:fs/promises";
import { MktError } from "../errors.ts";
import { commandLine, end, identify, type ProcessIdentity } from "./processes.ts";

const STOP_TIMEOUT_MS = 30_000;
const LEFTOVER_MS = 5_000;
const NO_PROCESS = 2 ** 31 - 1;

/**
 * Stops the server of a data directory, whoever started it: open transactions are undone, committed
 * ones kept. Ends what a killed one left behind too. Does nothing when nothing runs.
 */
export async function stopPostgres(dataDirectory: string): Promise<void> {
  const server = await findPostgres(dataDirectory);
  if (server) await endPostgres(server);
  const leftovers = await findLeftovers(dataDirectory);
  await Promise.all(leftovers.map((process) => end(process, ["SIGQUIT", "SIGKILL"], LEFTOVER_MS)));
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

/**
 * Sessions of a killed server, which only end when their query does, and an initdb whose starter was
 * killed. Found by Linux alone; elsewhere the next start waits until they are gone.
 */
async function findLeftovers(dataDirectory: string): Promise<ProcessIdentity[]> {
  if (process.platform !== "linux") return [];
  const ours = await resolved(dataDirectory);
  const found = (await readdir("/proc")).filter(isNumber).map(async (name) => {
    const pid = Number(name);
    const works = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    const makes = commandLine(pid).includes(` -D ${draftOf(dataDirectory)}`);
    return works === ours || makes ? identify(pid) : undefined;
  });
  return (await Promise.all(found)).filter((process) => process !== undefined);
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/** Where a data directory is made before it gets its name. */
export function draftOf(dataDirectory: string): string {
  return `${dataDirectory}.draft`;
}

/** The lines of postmaster.pid: process, data directory, start time, port, socket directory, … */
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
