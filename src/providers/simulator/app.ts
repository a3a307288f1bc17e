import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as z from "zod";

const BODY_LIMIT_BYTES = 64 * 1024;

/** A definite refusal, told as `{"error":{"code","message"}}`. */
export function refusal(
  status: ContentfulStatusCode,
  code: string,
  message: string,
): HTTPException {
  return new HTTPException(status, { message, cause: code });
}

/**
 * The HTTP frame of a simulator: nobody gets in without the API key, and no answer leaves before
 * what it tells is on the disk.
 */
export function simulatorApp(apiKey: string, durable: () => Promise<void>): Hono {
  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof HTTPException) {
      const code = typeof error.cause === "string" ? error.cause : "refused";
      return c.json({ error: { code, message: error.message } }, error.status);
    }
    return c.json({ error: { code: "internal", message: String(error) } }, 500);
  });
  app.notFound((c) =>
    c.json({ error: { code: "not_found", message: `there is no ${c.req.path}` } }, 404),
  );
  app.use(async (_, next) => {
    await next();
    await durable();
  });
  app.use(async (c, next) => {
    if (!sameKey(c.req.header("authorization") ?? "", `Bearer ${apiKey}`)) {
      throw refusal(401, "unauthorized", "the API key is missing or wrong");
    }
    await next();
  });
  app.use(bodyLimit({ maxSize: BODY_LIMIT_BYTES, onError: tooLarge }));
  return app;
}

/** Digests have one length, so that comparing them takes the same time whatever was given. */
function sameKey(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

function tooLarge(): never {
  throw refusal(413, "too_large", `the request is larger than ${BODY_LIMIT_BYTES} bytes`);
}

/** The request's JSON body as the schema has it, or a refusal that says what is wrong. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const json = await c.req.json().catch(() => {
    throw refusal(400, "invalid_request", "the body is not JSON");
  });
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw refusal(422, "invalid_request", z.prettifyError(parsed.error));
}

export interface Idempotency {
  key: string;
  /** Tells whether a repeated key came with the same request. */
  requestDigest: string;
}

/** The request's Idempotency-Key, good for its own path; without one it is refused. */
export function readIdempotency(c: Context, body: unknown): Idempotency {
  const key = c.req.header("idempotency-key") ?? "";
  if (!/^[\x21-\x7e]{1,100}$/.test(key)) {
    throw refusal(400, "idempotency_key", "Idempotency-Key must be 1 to 100 visible characters");
  }
  return { key, requestDigest: sha256(JSON.stringify([c.req.path, body])).toString("hex") };
}

/** Refuses a repeated key that came with another request than the one which made `made`. */
export function assertSameRequest(
  made: { requestDigest: string },
  { key, requestDigest }: Idempotency,
): void {
  if (made.requestDigest === requestDigest) return;
  throw refusal(409, "key_reused", `the key ${key} was first used for another request`);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
