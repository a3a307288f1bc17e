import { join } from "node:path";
import type { Hono } from "hono";
import type { Endpoint } from "../../config.ts";
import { newId } from "../../domain/ids.ts";
import { type Running, serveOnSocket } from "../socket-server.ts";
import { WEBHOOK_PATHS, type WebhookEvent, type WebhookProvider } from "../webhook-event.ts";
import { simulatorApp } from "./app.ts";
import { type Change, type Journal, type Kinds, openJournal, type Schemas } from "./journal.ts";
import { type Timers, timers } from "./timers.ts";
import { webhookSender } from "./webhook-sender.ts";

export interface SimulatorOptions {
  socketPath: string;
  /** Holds its journal; one running simulator a directory. */
  dataDirectory: string;
  /** Callers send it as `Authorization: Bearer KEY`. */
  apiKey: string;
  /** Who is told of changes, and the secret that signs what they are told. */
  webhook: { endpoint: Endpoint; secret: string };
  clock?: (() => Date) | undefined;
}

/** Besides its own things, every simulator remembers the webhooks that nobody has taken yet. */
export type SimulatorKinds = Kinds & { webhook: WebhookEvent };

/** What a simulator is built from. */
export interface Workshop<K extends SimulatorKinds> {
  tables: Journal<K>["tables"];
  timers: Timers;
  now: () => Date;
  /** Changes what is remembered and tells nobody: whoever asked for it gets the answer. */
  remember(change: Change<K>): void;
  /** Changes what is remembered and tells of it by a webhook, both or neither. */
  announce(change: Change<K>, subject: WebhookEvent["data"] & { state: string }): void;
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
  const { socketPath, apiKey, webhook, clock: now = () => new Date() } = options;
  // Whoever has the socket has the journal, so the socket comes first.
  let app: Hono | undefined;
  const server = await serveOnSocket(
    socketPath,
    (request) => app?.fetch(request) ?? new Response(null, { status: 503 }),
  );
  try {
    const journal = await openJournal<K>(join(options.dataDirectory, `${name}.ndjson`), schemas);
    const { tables, flush, write: remember } = journal;
    const pending = timers(now);
    const sender = webhookSender({
      ...webhook,
      path: WEBHOOK_PATHS[name],
      now,
      durable: flush,
      onDelivered: ({ id }) => remember({ webhook: { [id]: null } } as Change<K>),
    });
    const announce: Workshop<K>["announce"] = (change, { object, id, state }) => {
      const data = { object, id };
      const type = `${object}.${state}`;
      const event: WebhookEvent = { id: newId(), type, createdAt: now().toISOString(), data };
      remember({ ...change, webhook: { [event.id]: event } });
      sender.send(event);
    };

    for (const event of tables.webhook.values()) sender.send(event);
    const installed = simulatorApp(apiKey, flush);
    install(installed, { tables, timers: pending, now, remember, announce });
    app = installed;
    return {
      async close() {
        pending.close();
        await Promise.all([server.close(), sender.close()]);
        await journal.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
