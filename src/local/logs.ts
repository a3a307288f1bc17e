import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config.ts";
import { workerLog } from "./stack-files.ts";
import type { StoreName } from "./store-names.ts";

/** A line of a log, and whose log it is. */
export interface LogLine {
  source: string;
  text: string;
}

const READ_LIMIT_BYTES = 1024 * 1024;
const FOLLOW_MS = 250;

/** The last lines of the stack's logs, or of that which a store writes to; oldest first in each. */
export async function readLogs(
  config: Config,
  { store, lines }: { store?: StoreName | undefined; lines: number },
): Promise<LogLine[]> {
  const read = sources(config, store).map(async ({ source, path }) =>
    (await readTail(path, lines)).map((text) => ({ source, text })),
  );
  return (await Promise.all(read)).flat();
}

/** The lines that are written from now on, until the signal aborts. */
export async function* followLogs(
  config: Config,
  { store, signal }: { store?: StoreName | undefined; signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const followed = await Promise.all(
    sources(config, store).map(async (log) => ({ ...log, at: await sizeOf(log.path) })),
  );
  while (!signal.aborted) {
    for (const log of followed) {
      const size = await sizeOf(log.path);
      // Shorter than before: the log was set aside and a new one begun.
      if (size < log.at) log.at = 0;
      const bytes = await readFrom(log.path, log.at, Math.min(size - log.at, READ_LIMIT_BYTES));
      const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
      log.at += whole.length;
      for (const text of linesOf(whole)) yield { source: log.source, text };
    }
    await delay(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The last lines of a file, at most those of its last mebibyte; none when there is no such file. */
export async function readTail(path: string, lines: number): Promise<string[]> {
  const size = await sizeOf(path);
  const start = Math.max(0, size - READ_LIMIT_BYTES);
  return linesOf(await readFrom(path, start, size - start)).slice(-lines);
}

function linesOf(bytes: Buffer): string[] {
  const text = bytes.toString("utf8").trimEnd();
  return text === "" ? [] : text.split("\n");
}

/** Engines inside the supervisor write to its log. */
function sources(config: Config, store: StoreName | undefined) {
  const own = (source: StoreName) => ({ source, path: join(config.local.logs, `${source}.log`) });
  const worker = { source: "worker", path: workerLog(config) };
  if (store === "aurora" || store === "neptune") return [own(store)];
  return store ? [worker] : [worker, own("aurora"), own("neptune")];
}

async function sizeOf(path: string): Promise<number> {
  const file = await open(path).catch(() => undefined);
  if (!file) return 0;
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function readFrom(path: string, start: number, length: number): Promise<Buffer> {
  const nothing = Buffer.alloc(0);
  if (length <= 0) return nothing;
  const file = await open(path).catch(() => undefined);
  if (!file) return nothing;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
