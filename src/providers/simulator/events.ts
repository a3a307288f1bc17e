import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { newId } from "../../domain/ids.ts";
import {
  type EventListing,
  type ProviderEvent,
  providerEventSchema,
  type WebhookEvent,
  webhookEventSchema,
} from "../webhook-event.ts";
import { refusal } from "./app.ts";
import type { FaultDecisions, Mishaps, Thing } from "./faults.ts";
import { type WebhookSenderOptions, webhookSender } from "./webhook-sender.ts";

/** An event as the journal keeps it. Older versions kept only those that nobody had taken. */
export const keptEventSchema = providerEventSchema.extend({
  deliveredAt: z.iso.datetime().nullable().default(null),
  attempts: z.int().nonnegative().default(0),
  /** A fault: it is sent only when somebody asks for it. */
  lost: z.boolean().default(false),
});

export type KeptEvent = z.infer<typeof keptEventSchema>;

export interface EventsOptions extends Omit<WebhookSenderOptions, "onAttempt" | "now"> {
  events: ReadonlyMap<string, KeptEvent>;
  keep: (event: KeptEvent) => void;
  faults: FaultDecisions;
  /** The simulator's time, and the world's. */
  now: () => Date;
  realNow: () => Date;
  /** How long a webhook that is to come late waits for a later one of its thing, in real time. */
  holdMs?: number | undefined;
}

/** Something that happened to a thing, and in which state it left it. */
export type Subject = Thing & { state: string };

const HOLD_MS = 1_000;

/** What a simulator tells by webhooks: kept for ever, sent until taken, with mishaps where faults are set. */
export function providerEvents(options: EventsOptions) {
  const { events, keep, faults, now, realNow, holdMs = HOLD_MS } = options;
  const held = new Map<string, Set<() => void>>();
  const told = new Map<string, number>();
  for (const { data } of events.values()) told.set(data.id, (told.get(data.id) ?? 0) + 1);

  const sender = webhookSender({
    ...options,
    now: realNow,
    onAttempt({ id, data }, taken) {
      const event = events.get(id);
      if (!event) return;
      const deliveredAt = taken ? now().toISOString() : event.deliveredAt;
      keep({ ...event, attempts: event.attempts + 1, deliveredAt });
      if (taken) for (const release of held.get(data.id) ?? []) release();
    },
  });

  /** Resolves when a later event of the thing was taken, or nobody can wait for that any longer. */
  async function hold(thingId: string, stopped: AbortSignal): Promise<void> {
    const waiting = held.get(thingId) ?? new Set();
    held.set(thingId, waiting);
    const released = new AbortController();
    const release = () => released.abort();
    waiting.add(release);
    const signal = AbortSignal.any([stopped, released.signal]);
    await delay(holdMs, undefined, { signal }).catch(() => undefined);
    waiting.delete(release);
    if (waiting.size === 0) held.delete(thingId);
  }

  function send(event: KeptEvent, { reordered, delayMs, duplicated }: Mishaps): void {
    const body = webhookEventSchema.parse(event);
    const ready = async (signal: AbortSignal) => {
      if (reordered) await hold(event.data.id, signal);
      if (delayMs > 0) await delay(delayMs, undefined, { signal });
    };
    for (let copies = duplicated ? 2 : 1; copies > 0; copies--) sender.send(body, ready);
  }

  const asTold = (event: KeptEvent): ProviderEvent => providerEventSchema.parse(event);

  return {
    /** An event to write down together with what it tells of, and how to send it after that. */
    make({ object, id, ordinal, state }: Subject): { event: KeptEvent; send: () => void } {
      const before = told.get(id) ?? 0;
      told.set(id, before + 1);
      const mishaps = faults.ofWebhook({ object, id, ordinal }, before);
      const body: WebhookEvent = {
        id: newId(),
        type: `${object}.${state}`,
        createdAt: now().toISOString(),
        data: { object, id },
      };
      const event = { ...body, attempts: 0, deliveredAt: null, lost: mishaps.lost };
      return { event, send: () => (mishaps.lost ? undefined : send(event, mishaps)) };
    },

    /** Takes up what was not taken when the simulator stopped. */
    resume(): void {
      for (const event of events.values()) {
        if (event.deliveredAt === null && !event.lost) sender.send(webhookEventSchema.parse(event));
      }
    },

    list({ since, limit, after }: EventListing): ProviderEvent[] {
      const all = [...events.values()];
      const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
      if (after !== undefined && start === 0) {
        throw refusal(404, "not_found", `there is no event ${after}`);
      }
      const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
      const wanted = all.slice(start).filter(({ createdAt }) => Date.parse(createdAt) >= sinceMs);
      return wanted.slice(0, limit).map(asTold);
    },

    resend(id: string): ProviderEvent {
      const event = events.get(id);
      if (!event) throw refusal(404, "not_found", `there is no event ${id}`);
      sender.send(webhookEventSchema.parse(event));
      return asTold(event);
    },

    close: () => sender.close(),
  };
}

export type ProviderEvents = ReturnType<typeof providerEvents>;
