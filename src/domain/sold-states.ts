/** States of orders that were paid and are neither cancelled nor given back in full. */
export const SOLD_STATES = [
  "paid",
  "shipped",
  "delivered",
  "completed",
  "not_delivered",
  "disputed",
] as const;
