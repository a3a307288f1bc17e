import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../../config.ts";
import { signWebhook } from "../../domain/webhook-signature.ts";
import { httpCall } from "../http-request.ts";
import { WEBHOOK_SIGNATURE_HEADER, type WebhookEvent } from "../webhook-event.ts";
import { turns } from "./turns.ts";

export interface WebhookSenderOptions {
  endpoint: Endpoint;
  path: string;
  secret: string;
  /** Real time: whoever checks a signature knows no other. */
  now: () => Date;
  /** Resolves when the event is on the disk: only then may it be told. */
  durable: () => Promise<void>;
  /** Called after every attempt; once the receiver has taken the event there are no more. */
  onAttempt: (event: WebhookEvent, taken: boolean) => void;
}

export interface WebhookSender {
  /**
   * Delivers in the background, in no promised order, until the receiver answers 2xx; begins when
   * `ready` resolves, whose signal says that it need not wait any longer.
   */
  send(event: WebhookEvent, ready?: (stopped: AbortSignal) => Promise<unknown>): void;
  /** Stops; an attempt under way may end first, since cutting it off would only repeat it later. */
  close(): Promise<void>;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** About two hours; what is still undelivered then waits for the simulator's next start. */
const ATTEMPTS_LIMIT = 250;
const ATTEMPT_TIMEOUT_MS = 5_000;
const CONNECTIONS_LIMIT = 4;
const LAST_ATTEMPT_MS = 1_000;

/** Sends signed webhooks at least once each, with doubling pauses between attempts. */
export function webhookSender(options: WebhookSenderOptions): WebhookSender {
  const agent = new Agent({ maxSockets: CONNECTIONS_LIMIT });
  // Whoever waits for a connection must not use up the time of its attempt.
  const inTurn = turns(CONNECTIONS_LIMIT);
  const stop = new AbortController();
  const cutOff = new AbortController();
  const deliveries = new Set<Promise<void>>();

  async function attempt(event: WebhookEvent): Promise<boolean> {
    stop.signal.throwIfAborted();
    const body = Buffer.from(JSON.stringify(event));
    const answer = await httpCall({
      endpoint: options.endpoint,
      path: options.path,
      method: "POST",
      headers: {
        "content-type": "application/json",
        [WEBHOOK_SIGNATURE_HEADER]: signWebhook(body, options.secret, options.now()),
      },
      body,
      timeoutMs: ATTEMPT_TIMEOUT_MS,
      agent,
      signal: cutOff.signal,
    });
    return answer.status >= 200 && answer.status < 300;
  }

  async function deliver(event: WebhookEvent, ready: Parameters<WebhookSender["send"]>[1]) {
    await options.durable();
    await ready?.(stop.signal);
    for (let attempts = 0; attempts < ATTEMPTS_LIMIT && !stop.signal.aborted; attempts++) {
      const taken = await inTurn(() => attempt(event)).catch(() => false);
      if (!taken && stop.signal.aborted) return;
      options.onAttempt(event, taken);
      if (taken) return;
      const pauseMs = Math.min(FIRST_DELAY_MS * 2 ** attempts, LONGEST_DELAY_MS);
      await delay(pauseMs, undefined, { signal: stop.signal });
    }
  }

  return {
    send(event, ready) {
      // What fails here (stopped, or the disk failed) leaves the event in the journal for the next start.
      const delivery = deliver(event, ready)
        .catch(() => undefined)
        .finally(() => deliveries.delete(delivery));
      deliveries.add(delivery);
    },
    async close() {
      stop.abort();
      const patience = setTimeout(() => cutOff.abort(), LAST_ATTEMPT_MS);
      await Promise.all(deliveries);
      clearTimeout(patience);
      agent.destroy();
    },
  };
}
