import { MktError } from "../../errors.ts";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EACCES",
]);
// PostgreSQL: connection exceptions, shutting down, starting up, too many connections, timeouts.
const SERVER_UNAVAILABLE = /^(08...|57P0[123]|53300|57014|55P03|3D000|28P01|28000)$/;

/**
 * A driver's error as an MktError where it is expected, `server` being what people call the one that was asked;
 * anything else comes back as it was: a bug.
 */
export function auroraError(error: unknown, server = "Aurora"): unknown {
  if (error instanceof MktError || !(error instanceof Error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const lost =
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered|Query read timeout/;
  if (UNREACHABLE.has(code) || SERVER_UNAVAILABLE.test(code) || lost.test(error.message)) {
    return new MktError("unavailable", `${server} cannot be reached: ${error.message}`, {
      hint: "mkt status shows the stores; mkt up aurora starts the local one; then repeat the command",
      cause: error,
    });
  }
  if (code === "22021") {
    return new MktError("invalid", "a text holds a character that Aurora cannot keep (NUL)", {
      cause: error,
    });
  }
  if (code === "42P01") {
    return new MktError("unavailable", "Aurora has no schema yet", {
      hint: "run mkt migrate up",
      cause: error,
    });
  }
  return error;
}

/** True when the error is a violation of some unique constraint or index. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

/** True when the error is a violation of this unique constraint or index. */
export function violates(error: unknown, constraint: string): boolean {
  return isDuplicate(error) && (error as { constraint?: string }).constraint === constraint;
}
