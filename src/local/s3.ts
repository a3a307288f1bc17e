import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { MktError } from "../errors.ts";
import { isServed } from "./is-served.ts";
import type { Running } from "./running.ts";
import { type BucketFolder, openBucketFolder } from "./s3/bucket-folder.ts";
import { findOperation } from "./s3/dispatch.ts";
import { S3Error } from "./s3/errors.ts";
import { parseRequest } from "./s3/request.ts";
import { authenticate, type Credentials } from "./s3/signature.ts";
import { errorDocument } from "./s3/xml.ts";

export interface S3Settings extends Credentials {
  socketPath: string;
  /** Belongs to one endpoint at a time: the stack's own lock sees to that. */
  dataDirectory: string;
}

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 10 * 60_000;
const KEEP_ALIVE_MS = 60_000;
const GRACE_MS = 3_000;

/**
 * The embedded S3: an endpoint over a folder, on a Unix socket. It knows one key pair and does what
 * `mkt` asks of S3; all else it refuses by name. What it has acknowledged is on the disk.
 */
export async function startS3({
  socketPath,
  dataDirectory,
  ...credentials
}: S3Settings): Promise<Running> {
  if (await isServed(socketPath)) {
    throw new MktError("conflict", `S3 is already running at ${socketPath}`);
  }
  rmSync(socketPath, { force: true });
  const folder = await openBucketFolder(dataDirectory);
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (message, response) => answer(message, response, folder, credentials),
  );
  server.listen(socketPath);
  await once(server, "listening");
  chmodSync(socketPath, 0o600);
  return {
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await closed;
      clearTimeout(impatience);
    },
  };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  folder: BucketFolder,
  credentials: Credentials,
): Promise<void> {
  const requestId = randomBytes(8).toString("hex").toUpperCase();
  response.setHeader("x-amz-request-id", requestId);
  try {
    const request = parseRequest(message);
    const payloadHash = authenticate(request, credentials);
    const run = findOperation(request);
    await run({ request, payloadHash, folder, response });
  } catch (error) {
    refuse(response, error, requestId);
  }
}

function refuse(response: ServerResponse, error: unknown, requestId: string): void {
  if (response.req.destroyed && !response.req.complete) return;
  if (!(error instanceof S3Error)) {
    process.stderr.write(`S3 request ${requestId}: ${inspect(error)}\n`);
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known =
    error instanceof S3Error ? error : new S3Error("InternalError", "See the log of the endpoint");
  response
    .writeHead(known.status, { "content-type": "application/xml" })
    .end(errorDocument(known, requestId));
}

function inspect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
