import { daysAfter, type Order } from "./order.ts";
import { isPast, ORDER_TIMERS } from "./timers.ts";

/** States in which something is still to be done about an order, in the order in which it passes through them. */
export const LIVE_ORDER_STATES = [
  "reserved",
  "paid",
  "shipped",
  "not_delivered",
  "delivered",
  "disputed",
] as const;
export type LiveOrderState = (typeof LIVE_ORDER_STATES)[number];

/** States that an order leaves seldom or never. */
export const SETTLED_ORDER_STATES = ["completed", "cancelled", "expired", "refunded"] as const;

/**
 * How many days an order may stand in a state before people look at it: a parcel is given to its carrier within two
 * days and arrives when it was promised, one that was not delivered is seen to within three, a dispute is decided
 * within seven. What is reserved or delivered waits for its timer alone.
 */
export const ORDER_SLA_DAYS = { paid: 2, shipped: 0, not_delivered: 3, disputed: 7 } as const;

type Standing = Pick<
  Order,
  | "state"
  | "flags"
  | "reservedUntil"
  | "paidAt"
  | "shippedAt"
  | "deliveredAt"
  | "estimatedDeliveryAt"
  | "changedAt"
> & {
  /** An open payment holds a reservation beyond its time. */
  isPaying: boolean;
};

/** Since when an order has been past its SLA or its timer, or from when it will be; null: it waits for nothing. */
export function stuckFrom(order: Standing): string | null {
  if (isPast(order)) return null;
  const { state, reservedUntil, paidAt, shippedAt, deliveredAt, estimatedDeliveryAt } = order;
  const after = (from: string | null, days: number) => from && daysAfter(from, days);
  if (state === "reserved") return order.isPaying ? null : reservedUntil;
  if (state === "paid") return after(paidAt, ORDER_SLA_DAYS.paid);
  if (state === "shipped") return after(estimatedDeliveryAt ?? shippedAt, ORDER_SLA_DAYS.shipped);
  if (state === "delivered") return after(deliveredAt, ORDER_TIMERS.completion.days);
  if (state === "not_delivered" || state === "disputed")
    return after(order.changedAt, ORDER_SLA_DAYS[state]);
  return null;
}
