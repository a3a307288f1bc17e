import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireStaff } from "../domain/actor.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { Dispute } from "../stores/aurora/dispute-rows.ts";
import { NOTE_LIMIT } from "./open-dispute.ts";
import { refundAmount } from "./refund-payment.ts";
import { type SettleDeps, trySettleRefunds } from "./settle-payment.ts";
import type { ShipmentDeps } from "./settle-shipment.ts";
import { voidLabels, voidLateLabels } from "./void-labels.ts";

/** Either `dismiss` or `refund`, in whole or in part. */
export interface ResolveRequest {
  actor: Actor;
  order: string;
  /** Why; a refund may do without. */
  note?: string | undefined;
  dismiss?: boolean | undefined;
  /** As people write money, in the order's currency; without an amount all that is left. */
  refund?: { amount?: string | undefined } | undefined;
}

/**
 * Staff decide an order's dispute for the seller, or give the buyer the money back, or a part of it. One
 * transaction decides all of it; then the refunds are sent.
 */
export async function resolveDispute(
  { actor, order: text, note = "", dismiss = false, refund }: ResolveRequest,
  deps: SettleDeps & ShipmentDeps & Pick<Deps, "lookup" | "orders" | "disputes" | "notice">,
): Promise<Dispute & { resolution: string; orderState: string; currency: string }> {
  requireStaff(actor, "operator", "support");
  if (dismiss === (refund !== undefined))
    throw new MktError("usage", "say either --refund or --dismiss");
  const orderId = await deps.lookup.resolve("order", text);
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  const { currency, state } = order;
  const empty = !dismiss;
  const resolution = checkText("note", note, NOTE_LIMIT, { multiline: true, empty });
  const amount = refund?.amount;
  const refundMinor = amount === undefined ? null : refundAmount(amount, currency);
  if (refund && refundMinor === null && state === "disputed") await voidLabels(orderId, deps);

  const by = { id: actor.userId, name: actorName(actor) };
  const how = dismiss ? "dismiss" : { refundMinor };
  const want = { orderId, how, note: resolution, by, at: deps.now() } as const;
  const { dispute, orderState } = await deps.disputes.resolve(want);
  if (orderState === "refunded") await voidLateLabels(orderId, deps);
  for (const { id } of await deps.payments.ofOrder(orderId)) await trySettleRefunds(id, deps);
  return { ...dispute, resolution, orderState, currency };
}
