import type { Profile } from "../../config.ts";
import { MktError } from "../../errors.ts";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "TimeoutError",
]);
const OVERLOADED = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "LimitExceededException",
]);
const REFUSED = new Set([
  "AccessDeniedException",
  "CredentialsProviderError",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "UnrecognizedClientException",
]);

/** What the driver threw, as an MktError if people can do something about it; else as it was. */
export function driverError(error: unknown, config: Profile["dynamo"]): unknown {
  if (!(error instanceof Error) || error instanceof MktError) return error;
  const { endpoint, table } = config;
  const named = [error.name, "code" in error ? String(error.code) : ""];
  const is = (names: ReadonlySet<string>) => named.some((name) => names.has(name));
  const unavailable = (message: string, hint: string) =>
    new MktError("unavailable", message, { hint, cause: error });
  if (is(UNREACHABLE)) {
    const local = endpoint !== undefined && "socketPath" in endpoint;
    const hint = local ? "mkt up dynamo" : "check the network and the profile's endpoint";
    return unavailable("DynamoDB cannot be reached", hint);
  }
  if (is(OVERLOADED)) return unavailable("DynamoDB is overloaded", "try again in a moment");
  if (is(REFUSED)) {
    return unavailable("DynamoDB refuses these credentials", "check the profile's AWS credentials");
  }
  if (error.name === "ResourceNotFoundException") {
    return unavailable(`DynamoDB has no table ${JSON.stringify(table)}`, "mkt migrate");
  }
  const status = statusOf(error);
  if (status !== undefined && status >= 500) {
    return unavailable("DynamoDB failed", "try again in a moment");
  }
  return error;
}

function statusOf(error: Error): number | undefined {
  if (!("$metadata" in error) || typeof error.$metadata !== "object") return undefined;
  const metadata: { httpStatusCode?: unknown } | null = error.$metadata;
  return typeof metadata?.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

/** A conditional write found another state: the store decides what that means. */
function isConditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalCheckFailedException";
}

/** Runs one conditional write: whether its condition held. */
export async function whether(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConditionFailed(error)) return false;
    throw error;
  }
}
