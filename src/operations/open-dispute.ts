import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import { ORDER_READERS, type Order } from "../domain/order.ts";
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

/** A dispute with what was typed, and how its order stands. */
export interface OpenedDispute extends Dispute {
  note: string;
  orderState: string;
}

type OpenDeps = Pick<Deps, "lookup" | "orders" | "disputes" | "now">;

/**
 * The buyer, or staff for them, says that an order did not come or is not what was bought. With `again` the open
 * dispute that says the same is the one that it opened before.
 */
export async function openDispute(
  { again = false, ...request }: DisputeRequest & { again?: boolean },
  deps: OpenDeps,
): Promise<OpenedDispute> {
  const { order, want } = await checkDispute(request, deps);
  const { note } = want;
  const before = again ? await disputeBefore(want, deps) : undefined;
  if (before) return { ...before, note, orderState: order.state };
  const { dispute, orderState } = await deps.disputes.open(want);
  return { ...dispute, note, orderState };
}

/** The order, and its state afterwards; throws what `openDispute` would throw. */
export async function planDispute(
  request: DisputeRequest,
  deps: OpenDeps & Pick<Deps, "rehearse">,
): Promise<{ order: Order; orderState: string }> {
  const { order, want } = await checkDispute(request, deps);
  const { orderState } = await deps.rehearse(({ disputes }) => disputes.open(want));
  return { order, orderState };
}

async function checkDispute(
  { actor, order: text, reason, lineNumber, note }: DisputeRequest,
  deps: OpenDeps,
): Promise<{ order: Order; want: NewDispute }> {
  const orderId = await deps.lookup.resolve("order", text);
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  requireOneOf(actor, [order.buyerId], `the purchase of order ${orderId}`, ...ORDER_READERS);
  const why = checkText("note", note, NOTE_LIMIT, { multiline: true });
  const by = { actor: actorName(actor), at: deps.now() };
  return { order, want: { orderId, reason, lineNumber: lineNumber ?? null, note: why, ...by } };
}

async function disputeBefore(
  { orderId, reason, lineNumber, note, actor }: NewDispute,
  { disputes }: Pick<Deps, "disputes">,
): Promise<Dispute | undefined> {
  const all = await disputes.ofOrder(orderId);
  return all.find(
    (one) =>
      one.state === "open" &&
      one.openedBy === actor &&
      one.reason === reason &&
      one.lineNumber === lineNumber &&
      one.note === note,
  );
}
