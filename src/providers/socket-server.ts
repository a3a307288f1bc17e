import { existsSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { MktError } from "../errors.ts";

/** A server of this process. */
export interface Running {
  /** Stops it at once, held requests too; resolves when nothing of it is left. */
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Serves HTTP on a Unix socket. A socket file that a killed process left behind is replaced; one on
 * which somebody listens is a `conflict`.
 */
export async function serveOnSocket(
  socketPath: string,
  fetch: (request: Request) => Promise<Response> | Response,
): Promise<Running> {
  await removeStaleSocket(socketPath);
  const server = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

async function removeStaleSocket(socketPath: string): Promise<void> {
  if (!existsSync(socketPath)) return;
  const inUse = await new Promise<boolean>((resolve) => {
    const probe = connect(socketPath);
    probe.once("connect", () => resolve(true)).once("error", () => resolve(false));
    probe.once("close", () => probe.destroy());
    probe.once("connect", () => probe.destroy());
  });
  if (inUse) throw new MktError("conflict", `another process already listens on ${socketPath}`);
  unlinkSync(socketPath);
}
