import type { FileHandle } from "node:fs/promises";

export interface LineAppender {
  /** Queues a line; lines reach the disk in this order. */
  append(line: string): void;
  /** Resolves when all lines so far are on the disk; rejects for ever once writing has failed. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Appends lines to an open file. Those that come while one batch is synced go together in the next. */
export function lineAppender(file: FileHandle): LineAppender {
  let queued: string[] = [];
  let onDisk: Promise<void> = Promise.resolve();

  async function writeQueued(): Promise<void> {
    const batch = queued.join("");
    queued = [];
    if (batch === "") return;
    await file.appendFile(batch);
    await file.datasync();
  }

  return {
    append(line) {
      queued.push(`${line}\n`);
      onDisk = onDisk.then(writeQueued);
      // Whoever flushes is told; nobody may be flushing now.
      onDisk.catch(() => undefined);
    },
    flush: () => onDisk,
    close: () => onDisk.finally(() => file.close()),
  };
}
