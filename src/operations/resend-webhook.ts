import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { hasCode, MktError } from "../errors.ts";
import type { ProviderEvent, WebhookProvider } from "../providers/webhook-event.ts";
import type { Webhook } from "../stores/aurora/webhooks.ts";
import { type EventDeps, missingEvents } from "./list-webhooks.ts";
import { actOnWebhook, PROVIDERS, type WebhookDeps } from "./receive-webhook.ts";

type ResendDeps = WebhookDeps & EventDeps & Pick<Deps, "lookup">;

/** What became of a message that was asked for again. */
export interface Resent {
  /** Ours; null when we never received it. */
  id: string | null;
  eventId: string;
  provider: WebhookProvider;
  /** How acting on what we have went; null when there is nothing yet. */
  state: "done" | "failed" | null;
  reason: string | null;
}

interface ResendRequest {
  actor: Actor;
  /** The beginning of our id, or the provider's id of the event. */
  webhook: string;
}

const EVER = "1970-01-01T00:00:00.000Z";

/**
 * Asks a provider to send an event again: one of ours by the beginning of its id, or any by the provider's.
 * One that we have is also acted on at once. Throws `conflict` for a refused one, which nobody vouches for.
 */
export async function resendWebhook(request: ResendRequest, deps: ResendDeps): Promise<Resent> {
  const ours = await webhookToResend(request, deps);
  if (!ours) {
    const { provider, event } = await resendUnknown(request.webhook, deps);
    return { id: null, eventId: event.id, provider, state: null, reason: null };
  }
  const { webhook, eventId } = ours;
  const { id, provider } = webhook;
  await providerOf(provider, deps).resendEvent(eventId);
  const reason = await actOnWebhook(webhook, deps);
  const state = reason === undefined ? "done" : "failed";
  return { id, eventId, provider, state, reason: reason ?? null };
}

/** Which event would be asked for, and our message of it, if any; throws what `resendWebhook` would throw. */
export async function planResending(
  request: ResendRequest,
  deps: EventDeps & Pick<Deps, "lookup">,
): Promise<Pick<Resent, "id" | "eventId" | "provider">> {
  const ours = await webhookToResend(request, deps);
  if (ours) return { id: ours.webhook.id, eventId: ours.eventId, provider: ours.webhook.provider };
  for await (const { id, provider } of missingEvents({ since: EVER }, deps))
    if (id === request.webhook) return { id: null, eventId: id, provider };
  throw unknownEvent(request.webhook);
}

/** Our message, when we have it, with the provider's id of its event. */
async function webhookToResend(
  { actor, webhook: text }: ResendRequest,
  deps: Pick<Deps, "webhooks" | "lookup">,
): Promise<{ webhook: Webhook; eventId: string } | undefined> {
  requireStaff(actor, "operator", "support");
  const webhook = await findOurs(text, deps);
  if (!webhook) return undefined;
  const { id, reason, providerEventId: eventId } = webhook;
  if (eventId !== null) return { webhook, eventId };
  throw new MktError(
    "conflict",
    `webhook ${id} was refused (${reason}): nobody knows who sent it, so nobody can send it again`,
    { hint: "mkt webhook list --missing shows what the providers sent and we never received" },
  );
}

/**
 * Asks the providers to send again every event since a time that we never received (default: 7 days); what
 * comes is acted on by whoever receives it. Gives how many.
 */
export async function resendMissing(
  {
    actor,
    stopping,
    ...filter
  }: {
    actor: Actor;
    stopping: AbortSignal;
    provider?: WebhookProvider | undefined;
    since?: string | undefined;
  },
  deps: EventDeps,
): Promise<{ resent: Record<WebhookProvider, number> }> {
  requireStaff(actor, "operator", "support");
  const resent = { payments: 0, shipping: 0 };
  for await (const { provider, id } of missingEvents(filter, deps)) {
    if (stopping.aborted) {
      const count = resent.payments + resent.shipping;
      throw new MktError("interrupted", `stopped after ${count} events were asked for again`, {
        hint: "mkt webhook resend --missing goes on",
      });
    }
    await providerOf(provider, deps).resendEvent(id);
    resent[provider] += 1;
  }
  return { resent };
}

async function findOurs(
  text: string,
  { webhooks, lookup }: Pick<Deps, "webhooks" | "lookup">,
): Promise<Webhook | undefined> {
  try {
    return await webhooks.find(await lookup.resolve("webhook", text));
  } catch (error) {
    if (!hasCode(error, "not_found")) throw error;
    return webhooks.findByEvent(text);
  }
}

async function resendUnknown(
  eventId: string,
  deps: EventDeps,
): Promise<{ provider: WebhookProvider; event: ProviderEvent }> {
  for (const provider of PROVIDERS) {
    try {
      return { provider, event: await providerOf(provider, deps).resendEvent(eventId) };
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error;
    }
  }
  throw unknownEvent(eventId);
}

function unknownEvent(eventId: string): MktError {
  return new MktError("not_found", `neither we nor the providers know ${JSON.stringify(eventId)}`, {
    hint: "mkt webhook list shows what came, with --missing what did not",
  });
}

const providerOf = (provider: WebhookProvider, deps: EventDeps) =>
  provider === "payments" ? deps.paymentProvider : deps.shippingProvider;
