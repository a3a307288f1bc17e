import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { StatusCode } from "hono/utils/http-status";
import { type Running, serveOnSocket } from "./socket-server.ts";
import { WEBHOOK_PATHS, WEBHOOK_SIGNATURE_HEADER, type WebhookProvider } from "./webhook-event.ts";

export interface WebhookDelivery {
  provider: WebhookProvider;
  /** The bytes that were signed, if they were. */
  rawBody: Uint8Array;
  signatureHeader: string | undefined;
}

export interface WebhookReceiverOptions {
  socketPath: string;
  /** Decides what is answered. 2xx means taken for good; otherwise the provider sends it again. */
  handle: (delivery: WebhookDelivery) => Promise<{ status: number }>;
  /** Told what `handle` threw; the provider then gets 500. */
  onError?: (error: unknown) => void;
}

const BODY_LIMIT_BYTES = 64 * 1024;

/** The HTTP side of receiving webhooks. It neither verifies nor stores: `handle` does both. */
export function startWebhookReceiver(options: WebhookReceiverOptions): Promise<Running> {
  const app = new Hono();
  app.onError((error, c) => {
    options.onError?.(error);
    return c.body(null, 500);
  });
  app.use(bodyLimit({ maxSize: BODY_LIMIT_BYTES, onError: (c) => c.body(null, 413) }));
  for (const provider of ["payments", "shipping"] as const) {
    app.post(WEBHOOK_PATHS[provider], async (c) => {
      const { status } = await options.handle({
        provider,
        rawBody: new Uint8Array(await c.req.arrayBuffer()),
        signatureHeader: c.req.header(WEBHOOK_SIGNATURE_HEADER),
      });
      return c.body(null, status as StatusCode);
    });
  }
  return serveOnSocket(options.socketPath, (request) => app.fetch(request));
}
