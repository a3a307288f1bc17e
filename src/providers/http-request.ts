import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Endpoint } from "../config.ts";

export interface HttpCall {
  endpoint: Endpoint;
  method: "GET" | "POST" | "PUT";
  /** Absolute path with its query; a prefix in the endpoint's URL goes before it. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array | undefined;
  /** For the whole call: connecting, sending, and the answer's last byte. */
  timeoutMs: number;
  /** Shares and limits connections; without one each call has its own. */
  agent?: Agent;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

const ANSWER_LIMIT_BYTES = 1024 * 1024;

/**
 * One HTTP call over a Unix socket or a URL. Rejects when no whole answer came: refused, reset, timed
 * out, too large; whether the other side acted on the call is then unknown.
 */
export async function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const { body, timeoutMs } = call;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
  const options = {
    method: call.method,
    headers: { ...call.headers, ...(body && { "content-length": String(body.byteLength) }) },
    agent: call.agent ?? false,
    signal,
  };
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = open(call.endpoint, call.path, options);
      request.once("response", resolve).on("error", reject).end(body);
    });
    return { status: answer.statusCode ?? 0, body: await readAll(answer) };
  } catch (cause) {
    if (timeout.aborted) throw new Error(`no answer within ${timeoutMs} ms`, { cause });
    throw cause;
  }
}

function open(endpoint: Endpoint, path: string, options: Parameters<typeof httpRequest>[1]) {
  if ("socketPath" in endpoint) {
    return httpRequest({ ...options, socketPath: endpoint.socketPath, path, host: "localhost" });
  }
  const url = new URL(endpoint.url.replace(/\/$/, "") + path);
  return url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES) {
      answer.destroy();
      throw new Error(`the answer is larger than ${ANSWER_LIMIT_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
