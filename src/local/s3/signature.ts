import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error } from "./errors.ts";
import { header, parameter, type S3Request } from "./request.ts";

/** The one key pair that an endpoint knows, and the region that it says it is in. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

/** What a request says about its own signature, from its header or from a presigned link. */
interface Claim {
  credential: string;
  signedHeaders: readonly string[];
  signature: string;
  /** ISO 8601 basic format, as in 20261124T120000Z. */
  timestamp: string;
  payloadHash: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const CLOCK_SKEW_MS = 15 * 60 * 1000;
const LINK_LIFETIME_MAX_SECONDS = 7 * 24 * 3600;

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/**
 * Checks a request against AWS Signature Version 4, in its header or in its query, and throws an
 * S3Error unless it holds. Returns the signed statement about the body: a SHA-256 in hexadecimal,
 * or one of S3's words such as UNSIGNED-PAYLOAD. Whoever reads the body must hold it to that.
 */
export function authenticate(request: S3Request, known: Credentials, nowMs = Date.now()): string {
  const presigned = parameter(request, "X-Amz-Signature") !== undefined;
  const claim = presigned ? claimFromQuery(request) : claimFromHeader(request);
  const timeMs = parseTimestamp(claim.timestamp);
  if (presigned) requireUnexpired(request, timeMs, nowMs);
  else if (Math.abs(nowMs - timeMs) > CLOCK_SKEW_MS) {
    throw new S3Error("RequestTimeTooSkewed", "The request's time is over 15 minutes off");
  }
  const scope = requireScope(claim, known);
  requireSignedHeaders(request, claim);
  const expected = sign(canonicalRequest(request, claim), claim.timestamp, scope, known);
  if (!isSame(expected, claim.signature)) {
    throw new S3Error("SignatureDoesNotMatch", "The signature is not the one of this request");
  }
  return claim.payloadHash;
}

function claimFromHeader(request: S3Request): Claim {
  const authorization = header(request, "authorization");
  if (!authorization) throw new S3Error("AccessDenied", "Anonymous access is not allowed");
  const fields =
    /^AWS4-HMAC-SHA256 +Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/;
  const [, credential, signedHeaders, signature] = fields.exec(authorization) ?? [];
  if (!credential || !signedHeaders || !signature) {
    throw new S3Error("AuthorizationHeaderMalformed", `Only ${ALGORITHM} is understood here`);
  }
  const payloadHash = header(request, "x-amz-content-sha256");
  if (!payloadHash) throw new S3Error("InvalidRequest", "Missing header: x-amz-content-sha256");
  const timestamp = header(request, "x-amz-date") ?? "";
  return { credential, signedHeaders: signedHeaders.split(";"), signature, timestamp, payloadHash };
}

function claimFromQuery(request: S3Request): Claim {
  const required = (name: string): string => {
    const value = parameter(request, name);
    if (!value) throw new S3Error("AuthorizationQueryParametersError", `Missing: ${name}`);
    return value;
  };
  if (required("X-Amz-Algorithm") !== ALGORITHM) {
    throw new S3Error("AuthorizationQueryParametersError", `X-Amz-Algorithm must be ${ALGORITHM}`);
  }
  return {
    credential: required("X-Amz-Credential"),
    signedHeaders: required("X-Amz-SignedHeaders").split(";"),
    signature: required("X-Amz-Signature"),
    timestamp: required("X-Amz-Date"),
    payloadHash: parameter(request, "X-Amz-Content-Sha256") ?? UNSIGNED_PAYLOAD,
  };
}

function parseTimestamp(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1).map(Number);
  const [year = Number.NaN, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts ?? [];
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Number.isNaN(timeMs)) throw new S3Error("AccessDenied", "A valid x-amz-date is required");
  return timeMs;
}

function requireUnexpired(request: S3Request, signedMs: number, nowMs: number): void {
  const text = parameter(request, "X-Amz-Expires") ?? "";
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > LINK_LIFETIME_MAX_SECONDS) {
    throw new S3Error(
      "AuthorizationQueryParametersError",
      `X-Amz-Expires must be 1 to ${LINK_LIFETIME_MAX_SECONDS} seconds`,
    );
  }
  if (signedMs - nowMs > CLOCK_SKEW_MS) throw new S3Error("AccessDenied", "Not yet valid");
  if (nowMs > signedMs + seconds * 1000) {
    throw new S3Error("AccessDenied", "Request has expired");
  }
}

function requireScope({ credential, timestamp }: Claim, known: Credentials): string {
  const [accessKeyId = "", ...scope] = credential.split("/");
  if (accessKeyId !== known.accessKeyId) {
    throw new S3Error("InvalidAccessKeyId", "The access key is not known here");
  }
  const expected = `${timestamp.slice(0, 8)}/${known.region}/s3/aws4_request`;
  if (scope.join("/") !== expected) {
    throw new S3Error("AuthorizationHeaderMalformed", `The credential scope must be ${expected}`);
  }
  return expected;
}

/** An unsigned header could be added on the way, so those that S3 acts upon must be signed. */
function requireSignedHeaders(request: S3Request, { signedHeaders }: Claim): void {
  const mustSign = ["host", ...Object.keys(request.message.headers)].filter(
    (name) => name === "host" || name.startsWith("x-amz-"),
  );
  const unsigned = mustSign.filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw new S3Error("AccessDenied", `Headers not signed: ${unsigned.join(", ")}`);
  }
}

function canonicalRequest(request: S3Request, { signedHeaders, payloadHash }: Claim): string {
  const path = request.rawPath.split("/").map((part) => encode(decodeURIComponent(part)));
  const query = request.query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join("="));
  const headers = signedHeaders.map(
    (name) => `${name}:${(header(request, name) ?? "").trim().replaceAll(/ +/g, " ")}\n`,
  );
  return [
    request.method,
    path.join("/"),
    query.join("&"),
    headers.join(""),
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

function sign(canonical: string, timestamp: string, scope: string, known: Credentials): string {
  const hash = createHash("sha256").update(canonical).digest("hex");
  const hmac = (key: string | Buffer, text: string) =>
    createHmac("sha256", key).update(text).digest();
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${known.secretAccessKey}`);
  return hmac(key, [ALGORITHM, timestamp, scope, hash].join("\n")).toString("hex");
}

/** Percent-encodes all but the unreserved characters of RFC 3986, as the signature wants it. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
