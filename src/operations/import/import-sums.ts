import type { ToldPurchase } from "./tell-purchase.ts";

/** What the orders of an import come to, whether they were there already or not. */
export interface Sums {
  purchases: number;
  orders: number;
  lines: number;
  /** Flagged purchases, in all and by flag: one may have several. */
  flaggedPurchases: number;
  flagged: Record<string, number>;
  /** By currency, in minor units. */
  totals: Record<string, { linesMinor: number; shippingMinor: number }>;
  /** Purchases by what the source calls their state. */
  statuses: Record<string, number>;
  /** Orders by state. */
  states: Record<string, number>;
}

/** A file may name a state of its own on each row: so many are told apart. */
const STATUSES_LIMIT = 100;
const OTHER = "(others)";

export function importSums(): { add(told: ToldPurchase): void; result(): Sums } {
  const sums: Sums = {
    purchases: 0,
    orders: 0,
    lines: 0,
    flaggedPurchases: 0,
    flagged: {},
    totals: {},
    statuses: {},
    states: {},
  };
  const flagged = new Map<string, number>();
  const statuses = new Map<string, number>();
  const states = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string) =>
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    add: ({ purchase, orders, flags }) => {
      sums.purchases += 1;
      sums.orders += orders.length;
      if (flags.length > 0) sums.flaggedPurchases += 1;
      for (const flag of flags) count(flagged, flag);
      const status = purchase.status ?? "(none)";
      const isNew = !statuses.has(status) && statuses.size >= STATUSES_LIMIT;
      count(statuses, isNew ? OTHER : status);
      for (const { order, lines } of orders) {
        sums.lines += lines.length;
        count(states, order.state);
        sums.totals[order.currency] ??= { linesMinor: 0, shippingMinor: 0 };
        const total = sums.totals[order.currency];
        if (!total) continue;
        total.linesMinor += order.linesMinor;
        total.shippingMinor += order.shippingMinor;
      }
    },
    result: () => ({
      ...sums,
      flagged: byCount(flagged),
      statuses: byCount(statuses),
      states: byCount(states),
    }),
  };
}

/** The commonest first. */
function byCount(counts: ReadonlyMap<string, number>): Record<string, number> {
  const order = ([a, m]: [string, number], [b, n]: [string, number]) => n - m || (a < b ? -1 : 1);
  return Object.fromEntries([...counts].sort(order));
}
