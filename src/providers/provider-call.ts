import * as z from "zod";
import type { ProviderConfig } from "../config.ts";
import { type ErrorCode, MktError } from "../errors.ts";
import { type HttpAnswer, httpCall } from "./http-request.ts";

export interface ProviderRequest {
  method: "GET" | "POST" | "PUT";
  path: string;
  body?: unknown;
  idempotencyKey?: string;
}

export interface ProviderCallOptions {
  /** How long one call may take before its outcome counts as unknown. */
  timeoutMs?: number | undefined;
}

/** Calls a provider and checks its answer; throws MktErrors only. */
export type ProviderCall = <T>(request: ProviderRequest, answer: z.ZodType<T>) => Promise<T>;

const TIMEOUT_MS = 3000;

const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Definite refusals. Any other status but 2xx leaves it open whether the provider acted. */
const REFUSALS: Record<number, ErrorCode> = {
  400: "declined",
  404: "not_found",
  413: "declined",
  422: "declined",
};

/** The HTTP side of a provider; `name` is how errors call it, such as "the payment provider". */
export function providerCall(
  name: string,
  { endpoint, apiKey }: ProviderConfig,
  { timeoutMs = TIMEOUT_MS }: ProviderCallOptions = {},
): ProviderCall {
  return async ({ method, path, body, idempotencyKey }, schema) => {
    const headers = {
      authorization: `Bearer ${apiKey}`,
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    };
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    let answer: HttpAnswer;
    try {
      answer = await httpCall({ endpoint, method, path, headers, body: bytes, timeoutMs });
    } catch (cause) {
      throw unanswered(name, cause);
    }
    if (answer.status < 200 || answer.status > 299) throw refused(name, answer);
    const parsed = schema.safeParse(readJson(answer.body));
    if (parsed.success) return parsed.data;
    throw new MktError("unavailable", `${name} answered something that mkt does not understand`, {
      cause: parsed.error,
    });
  };
}

function unanswered(name: string, cause: unknown): MktError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MktError("unavailable", `${name} did not answer (${why})`, {
    hint: "what was asked may have been done all the same; repeat the command to find out",
    cause,
  });
}

function refused(name: string, { status, body }: HttpAnswer): MktError {
  const parsed = errorBody.safeParse(readJson(body));
  const said = parsed.success ? parsed.data.error : { code: "", message: `HTTP ${status}` };
  if (status === 401 || status === 403) {
    return new MktError("unavailable", `${name} refused our API key`, {
      hint: "check the provider's apiKey in this profile",
    });
  }
  if (status === 409) {
    const code = said.code === "key_reused" ? "key_reused" : "illegal_transition";
    return new MktError(code, `${name} refused: ${said.message}`);
  }
  const refusal = REFUSALS[status];
  if (refusal) return new MktError(refusal, `${name} refused: ${said.message}`);
  return new MktError("unavailable", `${name} failed: ${said.message}`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
