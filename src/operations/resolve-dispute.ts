import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireStaff } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { Dispute } from "../stores/aurora/dispute-rows.ts";
import type { Resolution } from "../stores/aurora/disputes.ts";
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

export interface ResolvedDispute extends Dispute {
  resolution: string;
  orderState: string;
  currency: string;
}

type FindDeps = Pick<Deps, "lookup" | "orders" | "now">;

/**
 * Staff decide an order's dispute for the seller, or give the buyer the money back, or a part of it. One
 * transaction decides all of it; then the refunds are sent. With `again` a dispute that the same person decided
 * in the same words is the one that it decided before.
 */
export async function resolveDispute(
  { again = false, ...request }: ResolveRequest & { again?: boolean },
  deps: SettleDeps & ShipmentDeps & FindDeps & Pick<Deps, "disputes" | "notice">,
): Promise<ResolvedDispute> {
  const { order, want } = await checkResolving(request, deps);
  const { id: orderId, currency, state } = order;
  const { how, note: resolution } = want;
  const isWhole = how !== "dismiss" && how.refundMinor === null;
  if (isWhole && state === "disputed") await voidLabels(orderId, deps);

  const before = again ? await resolvedBefore(order, want, deps) : undefined;
  const { dispute, orderState } = before ?? (await deps.disputes.resolve(want));
  if (orderState === "refunded") await voidLateLabels(orderId, deps);
  for (const { id } of await deps.payments.ofOrder(orderId)) await trySettleRefunds(id, deps);
  return { ...dispute, resolution, orderState, currency };
}

/** What a resolution would come to; throws what `resolveDispute` would throw, as far as that shows without the carrier. */
export async function planResolving(
  request: ResolveRequest,
  deps: FindDeps & Pick<Deps, "rehearse">,
): Promise<{ dispute: Dispute; orderState: string; currency: string }> {
  const { order, want } = await checkResolving(request, deps);
  const resolved = await deps.rehearse(({ disputes }) => disputes.resolve(want));
  return { ...resolved, currency: order.currency };
}

async function checkResolving(
  { actor, order: text, note = "", dismiss = false, refund }: ResolveRequest,
  deps: FindDeps,
): Promise<{ order: Order; want: Resolution }> {
  requireStaff(actor, "operator", "support");
  if (dismiss === (refund !== undefined))
    throw new MktError("usage", "say either --refund or --dismiss");
  const orderId = await deps.lookup.resolve("order", text);
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  const empty = !dismiss;
  const resolution = checkText("note", note, NOTE_LIMIT, { multiline: true, empty });
  const amount = refund?.amount;
  const refundMinor = amount === undefined ? null : refundAmount(amount, order.currency);
  const by = { id: actor.userId, name: actorName(actor) };
  const how = dismiss ? "dismiss" : { refundMinor };
  return { order, want: { orderId, how, note: resolution, by, at: deps.now() } };
}

async function resolvedBefore(
  { id, state }: Order,
  { by, note }: Resolution,
  { disputes }: Pick<Deps, "disputes">,
): Promise<{ dispute: Dispute; orderState: string } | undefined> {
  const found = (await disputes.ofOrder(id)).at(-1);
  const isSame = found?.resolvedBy === by.name && (found.resolution ?? "") === note;
  return found && isSame ? { dispute: found, orderState: state } : undefined;
}
