import { createHmac, timingSafeEqual } from "node:crypto";

export type SignatureProblem =
  | "no_secret"
  | "no_signature"
  | "malformed_signature"
  | "wrong_signature"
  | "outside_tolerance";

export type SignatureCheck = { ok: true; signedAt: Date } | { ok: false; reason: SignatureProblem };

export interface SignedWebhook {
  /** The bytes as they came: parsing and printing them again would change what was signed. */
  rawBody: Uint8Array;
  header: string | undefined;
  secret: string;
  now: Date;
  toleranceSeconds?: number;
}

const TOLERANCE_SECONDS = 300;
const HEADER_LIMIT = 1024;
const ENTRIES_LIMIT = 16;
const TIMESTAMP = /^\d{1,11}$/;
const DIGEST = /^[0-9a-f]{64}$/i;

/** The header `t=SECONDS,v1=HEX` for a body: HMAC-SHA256 over `t.body`, Stripe's scheme. */
export function signWebhook(rawBody: Uint8Array, secret: string, signedAt: Date): string {
  const seconds = String(Math.floor(signedAt.getTime() / 1000));
  return `t=${seconds},v1=${digest(rawBody, secret, seconds).toString("hex")}`;
}

/**
 * Tells whether a webhook was signed with our secret, and lately enough that it cannot be a replay.
 * Any of several `v1` values may match, so that a provider can change its secret. Never throws.
 */
export function verifyWebhook(webhook: SignedWebhook): SignatureCheck {
  const { rawBody, header, secret, now, toleranceSeconds = TOLERANCE_SECONDS } = webhook;
  if (secret === "") return { ok: false, reason: "no_secret" };
  if (header === undefined || header === "") return { ok: false, reason: "no_signature" };
  const signature = parseHeader(header);
  if (!signature) return { ok: false, reason: "malformed_signature" };

  const expected = digest(rawBody, secret, signature.seconds);
  const matches = signature.digests.filter((given) => timingSafeEqual(given, expected));
  if (matches.length === 0) return { ok: false, reason: "wrong_signature" };

  const signedAt = new Date(Number(signature.seconds) * 1000);
  const ageMs = Math.abs(now.getTime() - signedAt.getTime());
  if (!(ageMs <= toleranceSeconds * 1000)) return { ok: false, reason: "outside_tolerance" };
  return { ok: true, signedAt };
}

function digest(rawBody: Uint8Array, secret: string, seconds: string): Buffer {
  return createHmac("sha256", secret).update(`${seconds}.`).update(rawBody).digest();
}

/** Unknown schemes (`v0`) are passed over; two timestamps would leave open which one was signed. */
function parseHeader(header: string): { seconds: string; digests: Buffer[] } | undefined {
  if (header.length > HEADER_LIMIT) return undefined;
  const entries = header.split(",", ENTRIES_LIMIT + 1).map((entry) => entry.trim());
  if (entries.length > ENTRIES_LIMIT) return undefined;
  const valuesOf = (name: string) =>
    entries.filter((entry) => entry.startsWith(name)).map((entry) => entry.slice(name.length));

  const [seconds, ...others] = valuesOf("t=");
  const digests = valuesOf("v1=").filter((value) => DIGEST.test(value));
  if (seconds === undefined || others.length > 0 || !TIMESTAMP.test(seconds)) return undefined;
  if (digests.length === 0) return undefined;
  return { seconds, digests: digests.map((value) => Buffer.from(value, "hex")) };
}
