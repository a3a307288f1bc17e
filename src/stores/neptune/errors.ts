import { MktError } from "../../errors.ts";

const UNREACHABLE =
  /ECONNREFUSED|ENOENT|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|socket hang up|not open|been closed|before the connection was established|Unexpected server response/i;

/** Gremlin's status for an evaluation that took too long, and what Neptune calls being overloaded. */
const TIMEOUT_STATUS = 598;
const BUSY =
  /ConcurrentModification|TimeLimitExceeded|Throttling|TooManyRequests|MemoryLimitExceeded/;

const HINT = "mkt status shows the stores; mkt up neptune starts the local one";

/** A driver's error as an MktError where it is expected: the engine is away or busy, or refuses a traversal. */
export function neptuneError(error: unknown): unknown {
  if (error instanceof MktError || !(error instanceof Error)) return error;
  if (isDropped(error)) return unreachable("the connection broke", error);
  if (UNREACHABLE.test(error.message) || hasNetworkCode(error))
    return unreachable(error.message || String(Reflect.get(error, "code")), error);
  if ("statusCode" in error && (error.statusCode === TIMEOUT_STATUS || BUSY.test(error.message)))
    return new MktError("unavailable", `Neptune cannot answer now: ${error.message}`, {
      hint: "repeat the command when the graph is less busy",
      cause: error,
    });
  if ("statusCode" in error)
    return new MktError("invalid", `Neptune refused a traversal: ${error.message}`, {
      cause: error,
    });
  return error;
}

/** The engine did not answer in time; what it was asked may still happen. */
export function neptuneTimeout(timeoutMs: number): MktError {
  return new MktError(
    "unavailable",
    `Neptune cannot be reached: no answer within ${timeoutMs / 1000} seconds`,
    { hint: HINT },
  );
}

/** Two writers met in one element: the request did nothing and can be repeated. */
export function isConcurrentModification(error: unknown): boolean {
  return error instanceof Error && error.message.includes("ConcurrentModificationException");
}

function unreachable(why: string, cause: Error): MktError {
  return new MktError("unavailable", `Neptune cannot be reached: ${why}`, { hint: HINT, cause });
}

/** The driver makes null of what was under way when its socket dropped, and then trips over it. */
function isDropped(error: Error): boolean {
  return error instanceof TypeError && /of null|toArray/.test(error.message);
}

/** Refused connections to a name with several addresses come as one error without a message. */
function hasNetworkCode(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && UNREACHABLE.test(error.code);
}
