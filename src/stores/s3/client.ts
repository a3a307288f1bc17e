import { Agent, type AgentOptions } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Profile } from "../../config.ts";

const CONNECT_TIMEOUT_MS = 2_000;
const IDLE_TIMEOUT_MS = 15_000;
/** A whole upload of some gigabytes; one that stands still ends earlier. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;
const ATTEMPTS_MAX = 3;
const SOCKETS_MAX = 50;
/** The SDK would warn on stderr of errors that it throws as well; `main` alone reports errors. */
const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent };

/**
 * A client for a profile's S3: on a Unix socket, at a URL, or AWS itself where there is no endpoint;
 * without keys in the profile, AWS's default chain finds them. The first request connects.
 */
export function openS3(config: Profile["s3"]): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = config;
  const local = endpoint !== undefined && "socketPath" in endpoint;
  const sockets: AgentOptions & { socketPath?: string } = {
    keepAlive: true,
    maxSockets: SOCKETS_MAX,
    ...(local && { socketPath: endpoint.socketPath }),
  };
  return new S3Client({
    region,
    logger,
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: new Agent(sockets),
      httpsAgent: new TlsAgent(sockets),
    }),
    ...(endpoint && {
      endpoint: local ? "http://localhost" : endpoint.url,
      forcePathStyle: true,
    }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
  });
}
