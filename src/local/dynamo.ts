import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import dynalite from "dynalite";
import { MktError } from "../errors.ts";
import { isServed } from "./is-served.ts";
import type { Running } from "./running.ts";

const GRACE_MS = 3_000;

/**
 * The embedded DynamoDB on a Unix socket; without `dataDirectory` it keeps everything in memory.
 * A data directory belongs to one process at a time: the stack's own lock sees to that.
 */
export async function startDynamo({
  socketPath,
  dataDirectory,
}: {
  socketPath: string;
  dataDirectory?: string;
}): Promise<Running> {
  if (await isServed(socketPath)) {
    throw new MktError("conflict", `DynamoDB is already running at ${socketPath}`);
  }
  rmSync(socketPath, { force: true });
  if (dataDirectory) mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const server = dynalite({
    ...(dataDirectory && { path: dataDirectory }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  server.listen(socketPath);
  await once(server, "listening");
  // It answers any signature: only its user may connect.
  chmodSync(socketPath, 0o600);
  return {
    close: async () => {
      const closed = new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
      });
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      try {
        await closed;
      } finally {
        clearTimeout(impatience);
      }
    },
  };
}
