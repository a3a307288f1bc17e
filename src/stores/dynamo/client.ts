import { Agent, type AgentOptions } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Profile } from "../../config.ts";
import { driverError } from "./errors.ts";

/** The one table of a profile, and the connection it is reached by. */
export interface Table {
  name: string;
  client: DynamoDBDocumentClient;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 4;
const SOCKETS_MAX = 50;

/** Opens nothing yet: the first request connects. Unreachable is an MktError `unavailable` everywhere. */
export function openTable(config: Profile["dynamo"]): Table {
  const { endpoint, region, accessKeyId, secretAccessKey } = config;
  const local = endpoint !== undefined && "socketPath" in endpoint;
  const sockets: AgentOptions & { socketPath?: string } = {
    keepAlive: true,
    maxSockets: SOCKETS_MAX,
    ...(local && { socketPath: endpoint.socketPath }),
  };
  const driver = new DynamoDBClient({
    region,
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: new Agent(sockets),
      httpsAgent: new TlsAgent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
    }),
    ...(endpoint && { endpoint: local ? "http://localhost" : endpoint.url }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
  });
  // Outside of the retries, so that every store sees what is left after them, and only MktErrors.
  driver.middlewareStack.add(
    (next) => async (input) => {
      try {
        return await next(input);
      } catch (error) {
        throw driverError(error, config);
      }
    },
    { step: "initialize", name: "mktErrors" },
  );
  const client = DynamoDBDocumentClient.from(driver, {
    marshallOptions: { removeUndefinedValues: true },
  });
  return { name: config.table, client, close: () => driver.destroy() };
}
