import { MktError } from "../../errors.ts";

const UNREACHABLE = new Set([
  "EACCES",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "TimeoutError",
]);
const REFUSED = new Set([
  "AccessDenied",
  "AuthorizationHeaderMalformed",
  "CredentialsProviderError",
  "ExpiredToken",
  "Forbidden",
  "InvalidAccessKeyId",
  "InvalidToken",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
]);
const OVERLOADED = new Set(["SlowDown", "RequestTimeout", "ServiceUnavailable", "Throttling"]);
const FAILED = "try again in a moment; mkt logs says more where it is the local one";
const REPEAT =
  "mkt status shows the stores; mkt up s3 starts the local one; then repeat the command";

/** What the driver threw, as an MktError if people can do something about it; else as it was. */
export function s3Error(error: unknown, bucket: string): unknown {
  if (!(error instanceof Error) || error instanceof MktError) return error;
  const names = [error.name, "code" in error ? String(error.code) : ""];
  const is = (known: ReadonlySet<string>) => names.some((name) => known.has(name));
  const unavailable = (message: string, hint: string) =>
    new MktError("unavailable", message, { hint, cause: error });
  if (is(UNREACHABLE)) return unavailable(`S3 cannot be reached: ${error.message}`, REPEAT);
  if (is(OVERLOADED)) return unavailable("S3 is overloaded", "try again in a moment");
  if (is(REFUSED) || statusOf(error) === 403) {
    return unavailable(
      `S3 refuses access to the bucket ${JSON.stringify(bucket)}: ${error.message}`,
      "check the profile's AWS credentials, region and the clock",
    );
  }
  if (error.name === "NoSuchBucket") {
    return unavailable(`S3 has no bucket ${JSON.stringify(bucket)}`, "run mkt migrate up");
  }
  if (isMissing(error)) {
    return new MktError("not_found", "S3 has no such object", { cause: error });
  }
  if ((statusOf(error) ?? 0) >= 500) return unavailable("S3 failed", FAILED);
  return error;
}

/** There is no such object, or, where a request has no body to tell them apart, no such bucket. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === "NoSuchKey" || error.name === "NotFound");
}

/** A conditional write lost: the object is there, or another write of it is under way. */
export function isPreconditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === "PreconditionFailed";
}

/** Another write of the same key was under way; S3 asks to try again. */
export function isWriteConflict(error: unknown): boolean {
  return error instanceof Error && error.name === "ConditionalRequestConflict";
}

function statusOf(error: Error): number | undefined {
  if (!("$metadata" in error) || typeof error.$metadata !== "object") return undefined;
  const metadata: { httpStatusCode?: unknown } | null = error.$metadata;
  return typeof metadata?.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
