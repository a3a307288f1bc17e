import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { MktError } from "../errors.ts";
import { type CancelDeps, cancelOrder } from "./cancel-order.ts";

interface UndoRequest {
  actor: Actor;
  /** Whole ids. */
  orders: readonly string[];
}

const REASON = "the run that bought it is undone";

/** Cancels the orders of a purchase that are not paid yet. Throws `conflict`, changing nothing, when one is. */
export async function undoPurchase(
  request: UndoRequest,
  deps: CancelDeps & Pick<Deps, "orders" | "lookup">,
): Promise<string> {
  const orders = await ordersToCancel(request, deps);
  for (const { id } of orders)
    await cancelOrder({ actor: request.actor, order: id, reason: REASON }, deps);
  return told(orders);
}

/** Says what `undoPurchase` would do, and throws what it would throw. */
export async function planUndoPurchase(
  request: UndoRequest,
  deps: Pick<Deps, "orders">,
): Promise<string> {
  return told(await ordersToCancel(request, deps));
}

async function ordersToCancel(
  { orders: ids }: UndoRequest,
  { orders }: Pick<Deps, "orders">,
): Promise<Order[]> {
  const found = await Promise.all(ids.map((id) => orders.find(id)));
  const all = found.filter((order) => order !== undefined);
  const kept = all.find(({ state }) => !["reserved", "cancelled", "expired"].includes(state));
  if (kept) {
    const { id, state } = kept;
    throw new MktError(
      "conflict",
      `order ${id} is ${state.replaceAll("_", " ")}: mkt order cancel ${id} cancels what is not on its way`,
    );
  }
  return all.filter(({ state }) => state === "reserved");
}

function told(orders: readonly Order[]): string {
  if (orders.length === 0) return "its orders are over already";
  return `cancels order ${orders.map(({ id }) => id).join(", ")}`;
}
