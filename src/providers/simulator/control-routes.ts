import type { Hono } from "hono";
import * as z from "zod";
import { readBody, refusal } from "./app.ts";
import type { Clock } from "./clock.ts";
import type { clockAnswerSchema, simulatorStateSchema } from "./control.ts";
import type { KeptEvent, ProviderEvents } from "./events.ts";
import { type FaultDecisions, type Faults, faultsSchema } from "./faults.ts";

export interface Controls {
  clock: Clock;
  /** Remembers the offset before anything follows from it. */
  keepOffset: (offsetMs: number) => void;
  faults: FaultDecisions;
  keepFaults: (faults: Faults) => void;
  events: ProviderEvents;
  kept: ReadonlyMap<string, KeptEvent>;
  /** The simulator's things by kind, such as its payments. */
  things: Readonly<Record<string, ReadonlyMap<string, { state: string }>>>;
}

const EVENT_IDS_LIMIT = 10_000;
const LISTING_LIMIT = 1_000;
const OFFSET_LIMIT_MS = 100 * 366 * 86_400_000;

const clockBody = z.object({ offsetMs: z.int().nonnegative().max(OFFSET_LIMIT_MS) });
const listingQuery = z.object({
  since: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().positive().max(LISTING_LIMIT).default(100),
  after: z.string().max(100).optional(),
});

/** The routes that every simulator has: its events, its clock and its faults. */
export function installControls(app: Hono, controls: Controls): void {
  const { clock, keepOffset, faults, keepFaults, events, kept, things } = controls;

  app.get("/events", (c) => {
    const query = listingQuery.safeParse(c.req.query());
    if (!query.success) throw refusal(422, "invalid_request", z.prettifyError(query.error));
    return c.json({ items: events.list(query.data) });
  });

  app.post("/events/:id/resend", (c) => c.json(events.resend(c.req.param("id"))));

  app.get("/control", (c) => {
    const answer: z.infer<typeof simulatorStateSchema> = {
      now: clock.now().toISOString(),
      offsetMs: clock.offsetMs(),
      faults: faults.settings(),
      counts: countStates(things, kept),
    };
    return c.json(answer);
  });

  app.post("/control/clock", async (c) => {
    const { offsetMs } = await readBody(c, clockBody);
    if (offsetMs < clock.offsetMs()) {
      const message = `the clock is ${clock.offsetMs()} ms ahead and never goes back`;
      throw refusal(409, "illegal_state", message);
    }
    const before = kept.size;
    keepOffset(offsetMs);
    clock.advance(offsetMs);
    // A map lists its values in the order in which they came.
    const made = [...kept.values()].slice(before, before + EVENT_IDS_LIMIT);
    const answer: z.infer<typeof clockAnswerSchema> = {
      offsetMs,
      now: clock.now().toISOString(),
      events: kept.size - before,
      eventIds: made.map(({ id }) => id),
      lostEventIds: made.flatMap(({ id, lost }) => (lost ? [id] : [])),
    };
    return c.json(answer);
  });

  app.get("/control/faults", (c) => c.json(faults.settings()));

  app.put("/control/faults", async (c) => {
    keepFaults(await readBody(c, faultsSchema));
    return c.json(faults.settings());
  });
}

function countStates(things: Controls["things"], kept: Controls["kept"]): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  for (const [kind, table] of Object.entries(things)) {
    for (const { state } of table.values()) count(`${kind}.${state}`);
  }
  for (const { deliveredAt, lost } of kept.values()) {
    const untaken = lost ? "event.lost" : "event.waiting";
    count(deliveredAt === null ? untaken : "event.delivered");
  }
  return counts;
}
