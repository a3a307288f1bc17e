import { join } from "node:path";
import type { Hono } from "hono";
import * as z from "zod";
import type { Endpoint } from "../../config.ts";
import { type Running, serveOnSocket } from "../socket-server.ts";
import { WEBHOOK_PATHS, type WebhookProvider } from "../webhook-event.ts";
import { simulatorApp } from "./app.ts";
import { startClock, type Timers } from "./clock.ts";
import { installControls } from "./control-routes.ts";
import { type KeptEvent, keptEventSchema, providerEvents, type Subject } from "./events.ts";
import { type FaultDecisions, faultDecisions, faultRecordSchema } from "./faults.ts";
import { type Change, type Kinds, openJournal, type Schemas, type Tables } from "./journal.ts";

export interface SimulatorOptions {
  socketPath: string;
  /** Holds its journal; one running simulator a directory. */
  dataDirectory: string;
  /** Callers send it as `Authorization: Bearer KEY`. */
  apiKey: string;
  /** Who is told of changes, and the secret that signs what they are told. */
  webhook: { endpoint: Endpoint; secret: string };
  /** Real time, on which its own clock is based. */
  clock?: (() => Date) | undefined;
  /** How long a webhook that faults keep back waits for a later one of its thing, in real time. */
  holdMs?: number | undefined;
}

const clockSchema = z.object({ offsetMs: z.int().nonnegative() });

/** What every simulator remembers besides its own things: its events, its clock and its faults. */
export const simulatorSchemas = {
  webhook: keptEventSchema,
  clock: clockSchema,
  faults: faultRecordSchema,
};

export type SimulatorKinds = Kinds & {
  webhook: KeptEvent;
  clock: z.infer<typeof clockSchema>;
  faults: z.infer<typeof faultRecordSchema>;
};

/** A thing of a provider: what a payment, a refund and a shipment have in common. */
type Table = ReadonlyMap<string, { state: string }>;

/** What a simulator is built from. */
export interface Workshop<K extends SimulatorKinds> {
  tables: Tables<K>;
  timers: Pick<Timers, "at">;
  now: () => Date;
  happens: FaultDecisions["happens"];
  /** Changes what is remembered and tells nobody: whoever asked for it gets the answer. */
  remember(change: Change<K>): void;
  /** Changes what is remembered and tells of it by a webhook, both or neither. */
  announce(change: Change<K>, subject: Subject): void;
}

/**
 * Runs a simulator: listens, replays its journal, then lets `install` add the routes and take up
 * what was unfinished, and goes on delivering webhooks. Killing it loses nothing that it answered.
 */
export async function startSimulator<K extends SimulatorKinds>(
  name: WebhookProvider,
  options: SimulatorOptions,
  schemas: Schemas<K>,
  install: (app: Hono, workshop: Workshop<K>) => void,
): Promise<Running> {
  const { socketPath, apiKey, webhook, clock: realNow = () => new Date() } = options;
  // Whoever has the socket has the journal, so the socket comes first.
  let app: Hono | undefined;
  const server = await serveOnSocket(
    socketPath,
    (request) => app?.fetch(request) ?? new Response(null, { status: 503 }),
  );
  try {
    const path = join(options.dataDirectory, `${name}.ndjson`);
    const journal = await openJournal<K>(path, schemas);
    const { tables, flush, write: remember } = journal;
    const own: Tables<SimulatorKinds> = tables;
    const write = (change: Change<SimulatorKinds>) => remember(change as Change<K>);
    const things = Object.fromEntries(
      Object.entries(tables as Tables<Kinds> as Record<string, Table>).filter(
        ([kind]) => !(kind in simulatorSchemas),
      ),
    );
    const clock = startClock(realNow, own.clock.get(SETTING)?.offsetMs ?? 0);
    const { now } = clock;
    const faults = faultDecisions(() => own.faults.get(SETTING));
    const events = providerEvents({
      ...webhook,
      path: WEBHOOK_PATHS[name],
      durable: flush,
      events: own.webhook,
      keep: (event) => write({ webhook: { [event.id]: event } }),
      faults,
      now,
      realNow,
      holdMs: options.holdMs,
    });
    const installed = simulatorApp(apiKey, flush);
    installControls(installed, {
      clock,
      keepOffset: (offsetMs) => write({ clock: { [SETTING]: { offsetMs } } }),
      faults,
      keepFaults(settings) {
        const sizes = Object.entries(things).map(([kind, table]) => [kind, table.size]);
        const before = Object.fromEntries(sizes);
        write({ faults: { [SETTING]: { settings, before } } });
      },
      events,
      kept: own.webhook,
      things,
    });
    install(installed, {
      tables,
      timers: clock,
      now,
      happens: faults.happens,
      remember,
      announce(change, subject) {
        const { event, send } = events.make(subject);
        remember({ ...change, webhook: { [event.id]: event } });
        send();
      },
    });
    events.resume();
    app = installed;
    return {
      async close() {
        clock.close();
        await Promise.all([server.close(), events.close()]);
        await journal.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The journal keeps values by id; of these there is one each. */
const SETTING = "now";
