import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { ORDER_READERS } from "../domain/order.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { Dispute } from "../stores/aurora/dispute-rows.ts";
import type { NewDispute } from "../stores/aurora/disputes.ts";

export const NOTE_LIMIT = 2_000;

export interface DisputeRequest {
  actor: Actor;
  order: string;
  reason: NewDispute["reason"];
  /** Without it the whole order. */
  lineNumber?: number | undefined;
  note: string;
}

/** The buyer, or staff for them, says that an order did not come or is not what was bought. */
export async function openDispute(
  { actor, order: text, reason, lineNumber, note }: DisputeRequest,
  deps: Pick<Deps, "lookup" | "orders" | "disputes" | "now">,
): Promise<Dispute & { note: string; orderState: string }> {
  const orderId = await deps.lookup.resolve("order", text);
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  requireOneOf(actor, [order.buyerId], `the purchase of order ${orderId}`, ...ORDER_READERS);
  const why = checkText("note", note, NOTE_LIMIT, { multiline: true });
  const by = { actor: actorName(actor), at: deps.now() };
  const want = { orderId, reason, lineNumber: lineNumber ?? null, note: why, ...by };
  const { dispute, orderState } = await deps.disputes.open(want);
  return { ...dispute, note: why, orderState };
}
