import type { Deps } from "../deps.ts";
import { isId, newId } from "../domain/ids.ts";
import { verifyWebhook } from "../domain/webhook-signature.ts";
import { hasCode, MktError } from "../errors.ts";
import { type WebhookEvent, webhookEventSchema } from "../providers/webhook-event.ts";
import type { WebhookDelivery } from "../providers/webhook-receiver.ts";
import type { Webhook } from "../stores/aurora/webhooks.ts";
import { type SettleDeps, settlePayment } from "./settle-payment.ts";
import { type ShipmentDeps, settleShipment } from "./settle-shipment.ts";

export type WebhookDeps = SettleDeps & ShipmentDeps & Pick<Deps, "webhooks">;

export const PROVIDERS = ["payments", "shipping"] as const;
const BATCH = 50;
/** So often in a row, and a provider counts as away for this turn: the other one waits. */
const UNANSWERED_LIMIT = 3;
/** A message that failed so often is left for people. */
export const ATTEMPTS_LIMIT = 20;
const BODY_KEPT_CHARACTERS = 4_000;

/**
 * Takes a provider's message: verifies it on the raw body, stores it once, answers. Acting on it is
 * `processWebhooks`' part, so that a slow store never makes the provider send it again. A forged message
 * is kept too, with why it was refused.
 */
export async function receiveWebhook(
  { provider, rawBody, signatureHeader }: WebhookDelivery,
  { webhooks, profile }: Pick<Deps, "webhooks" | "profile">,
): Promise<{ status: number }> {
  const { webhookSecret: secret } = profile[provider];
  const receivedAt = new Date();
  const check = verifyWebhook({ rawBody, header: signatureHeader, secret, now: receivedAt });
  const body = Buffer.from(rawBody).toString("utf8").replaceAll("\0", "\uFFFD");
  const message = { id: newId(), provider, receivedAt: receivedAt.toISOString() };
  if (!check.ok) {
    await webhooks.refuse({
      ...message,
      body: body.slice(0, BODY_KEPT_CHARACTERS),
      reason: check.reason,
    });
    return { status: 401 };
  }
  const event = parseEvent(body);
  if (!event) {
    await webhooks.refuse({
      ...message,
      body: body.slice(0, BODY_KEPT_CHARACTERS),
      reason: "not an event",
    });
    return { status: 400 };
  }
  await webhooks.receive({ ...message, body, providerEventId: event.id });
  return { status: 200 };
}

/**
 * Acts on stored messages: reads each object from its provider and applies what it says. Gives how many
 * were looked at. What could not be asked because a provider or a store is away counts as no attempt, and
 * is said by throwing `unavailable` after the others had their turn.
 */
export async function processWebhooks(deps: WebhookDeps): Promise<number> {
  let looked = 0;
  let away: unknown;
  // Each provider in a batch of its own: one that is away must not hold up the other.
  for (const provider of PROVIDERS) {
    const waiting = await deps.webhooks.waiting(provider, BATCH, ATTEMPTS_LIMIT);
    looked += waiting.length;
    let unanswered = 0;
    for (const webhook of waiting) {
      try {
        await actOnWebhook(webhook, deps);
        unanswered = 0;
      } catch (error) {
        if (!hasCode(error, "unavailable")) throw error;
        away = error;
        await deps.webhooks.postpone(webhook.id);
        unanswered += 1;
        if (unanswered === UNANSWERED_LIMIT) break;
      }
    }
  }
  if (away) throw away;
  return looked;
}

/**
 * Acts on one message now, whether or not that was done before, and keeps how it went. Gives why nothing
 * could be done, if so. Throws `unavailable` when its provider or a store is away.
 */
export async function actOnWebhook(
  webhook: Webhook,
  deps: WebhookDeps,
): Promise<string | undefined> {
  try {
    await act(webhook, deps);
  } catch (error) {
    if (hasCode(error, "unavailable")) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    await deps.webhooks.failed(webhook.id, reason);
    return reason;
  }
  await deps.webhooks.done(webhook.id, new Date().toISOString());
  return undefined;
}

async function act(webhook: Webhook, deps: WebhookDeps): Promise<void> {
  const event = parseEvent(webhook.body);
  if (!event) throw new MktError("invalid", "not an event");
  await settleObject(event.data, deps);
}

/**
 * Reads a thing from its provider, as an event names it, and applies what the provider says. What somebody
 * made at the provider by hand is nothing of ours: `reconcile` tells of the difference that it makes.
 */
export async function settleObject(
  { object, id }: WebhookEvent["data"],
  deps: SettleDeps & ShipmentDeps,
): Promise<void> {
  if (object === "payment") {
    const told = await deps.paymentProvider.getPayment(id);
    if (isId(told.idempotencyKey)) await settlePayment(told.idempotencyKey, deps);
  } else if (object === "refund") {
    const told = await deps.paymentProvider.getRefund(id);
    const { state } = told;
    await deps.payments.settleRefund(told.idempotencyKey, { providerId: id, state }, deps.now());
  } else {
    const told = await deps.shippingProvider.getShipment(id);
    if (isId(told.idempotencyKey)) await settleShipment(told.idempotencyKey, deps);
  }
}

/** The event that a message's body is; undefined when it is none. */
export function parseEvent(body: string): WebhookEvent | undefined {
  try {
    return webhookEventSchema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
