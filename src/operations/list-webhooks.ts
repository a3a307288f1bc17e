import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { daysAfter } from "../domain/order.ts";
import { MktError } from "../errors.ts";
import type { ProviderEvent, WebhookProvider } from "../providers/webhook-event.ts";
import type { Subject, Webhook } from "../stores/aurora/webhooks.ts";
import { afterId, type Listing, pageOf } from "./manage-users.ts";
import { PROVIDERS, parseEvent } from "./receive-webhook.ts";

export const WEBHOOK_STATES = ["received", "done", "failed", "refused"] as const;

/** A provider's message as we keep it. What a refused one says of itself is worth nothing. */
export interface ListedWebhook extends Omit<Webhook, "body" | "providerEventId"> {
  eventId: string | null;
  type: string | null;
  object: string | null;
  /** The provider's id of the object. */
  objectId: string | null;
}

export interface WebhookStory extends ListedWebhook {
  /** What the body says, or its text when it is not JSON. */
  body: unknown;
  /** What of ours it speaks of; null when we do not know it. */
  about: Subject | null;
}

/** An event that a provider has and that we never received. */
export interface MissingEvent {
  id: string;
  provider: WebhookProvider;
  type: string;
  object: string;
  objectId: string;
  createdAt: string;
  /** When the provider believes that it was taken; null: never. */
  deliveredAt: string | null;
  attempts: number;
}

export type EventDeps = Pick<Deps, "webhooks" | "paymentProvider" | "shippingProvider" | "now">;

const EVENTS_PAGE = 1_000;
/** How far back providers are asked unless told. */
const SINCE_DAYS = 7;

/** What providers told us, newest first; the page token is the last id. For staff. */
export async function listWebhooks(
  {
    actor,
    limit,
    pageToken,
    ...filter
  }: {
    actor: Actor;
    limit: number;
    pageToken?: string | undefined;
    provider?: WebhookProvider | undefined;
    state?: Webhook["state"] | undefined;
    since?: string | undefined;
  },
  { webhooks }: Pick<Deps, "webhooks">,
): Promise<Listing<ListedWebhook>> {
  requireStaff(actor, "operator", "support");
  const rows = await webhooks.list({ ...filter, limit: limit + 1, after: afterId(pageToken) });
  return pageOf(rows.map(listed), limit);
}

/** One message with its body, why it was refused or failed, and what it speaks of. For staff. */
export async function showWebhook(
  { actor, webhook: text }: { actor: Actor; webhook: string },
  { webhooks, lookup }: Pick<Deps, "webhooks" | "lookup">,
): Promise<WebhookStory> {
  requireStaff(actor, "operator", "support");
  const webhook = await webhooks.find(await lookup.resolve("webhook", text));
  if (!webhook) throw new MktError("not_found", `there is no webhook ${text}`);
  const event = parseEvent(webhook.body);
  const about = event && (await webhooks.subject(event.data.object, event.data.id));
  return { ...listed(webhook), body: readable(webhook.body), about: about ?? null };
}

/** Events that the providers have and we never received, oldest first; at most `limit`. For staff. */
export async function listMissing(
  {
    actor,
    limit,
    ...filter
  }: {
    actor: Actor;
    limit: number;
    provider?: WebhookProvider | undefined;
    since?: string | undefined;
  },
  deps: EventDeps,
): Promise<{ items: MissingEvent[]; hasMore: boolean }> {
  requireStaff(actor, "operator", "support");
  const items: MissingEvent[] = [];
  for await (const event of missingEvents(filter, deps)) {
    if (items.length === limit) return { items, hasMore: true };
    items.push(event);
  }
  return { items, hasMore: false };
}

/** Asks each provider for its events since a time (default: 7 days), and gives those we never received. */
export async function* missingEvents(
  { provider: only, since }: { provider?: WebhookProvider | undefined; since?: string | undefined },
  deps: EventDeps,
): AsyncGenerator<MissingEvent> {
  const from = since ?? daysAfter(deps.now(), -SINCE_DAYS);
  const asked = { payments: deps.paymentProvider, shipping: deps.shippingProvider };
  for (const provider of PROVIDERS) {
    if (only !== undefined && only !== provider) continue;
    let after: string | undefined;
    for (;;) {
      const page = await asked[provider].listEvents({ since: from, limit: EVENTS_PAGE, after });
      const received = await deps.webhooks.received(
        provider,
        page.map(({ id }) => id),
      );
      for (const event of page) if (!received.has(event.id)) yield missing(provider, event);
      if (page.length < EVENTS_PAGE) break;
      after = page.at(-1)?.id;
    }
  }
}

function missing(
  provider: WebhookProvider,
  { id, type, data, createdAt, deliveredAt, attempts }: ProviderEvent,
): MissingEvent {
  const { object, id: objectId } = data;
  return { id, provider, type, object, objectId, createdAt, deliveredAt, attempts };
}

function listed({ body, providerEventId, ...row }: Webhook): ListedWebhook {
  const event = parseEvent(body);
  return {
    ...row,
    eventId: providerEventId,
    type: event?.type ?? null,
    object: event?.data.object ?? null,
    objectId: event?.data.id ?? null,
  };
}

function readable(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
