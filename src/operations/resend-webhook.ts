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

/**
 * Asks a provider to send an event again: one of ours by the beginning of its id, or any by the provider's.
 * One that we have is also acted on at once. Throws `conflict` for a refused one, which nobody vouches for.
 */
export async function resendWebhook(
  { actor, webhook: text }: { actor: Actor; webhook: string },
  deps: ResendDeps,
): Promise<Resent> {
  requireStaff(actor, "operator", "support");
  const ours = await findOurs(text, deps);
  if (!ours) {
    const { provider, event } = await resendUnknown(text, deps);
    return { id: null, eventId: event.id, provider, state: null, reason: null };
  }
  const { id, provider, providerEventId } = ours;
  if (providerEventId === null) {
    throw new MktError(
      "conflict",
      `webhook ${id} was refused (${ours.reason}): nobody knows who sent it, so nobody can send it again`,
      { hint: "mkt webhook list --missing shows what the providers sent and we never received" },
    );
  }
  await providerOf(provider, deps).resendEvent(providerEventId);
  const reason = await actOnWebhook(ours, deps);
  const state = reason === undefined ? "done" : "failed";
  return { id, eventId: providerEventId, provider, state, reason: reason ?? null };
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
  throw new MktError("not_found", `neither we nor the providers know ${JSON.stringify(eventId)}`, {
    hint: "mkt webhook list shows what came, with --missing what did not",
  });
}

const providerOf = (provider: WebhookProvider, deps: EventDeps) =>
  provider === "payments" ? deps.paymentProvider : deps.shippingProvider;
