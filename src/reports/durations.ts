import { isGiven } from "./scope.ts";

const STEPS = {
  created_at: "placed",
  paid_at: "paid",
  shipped_at: "shipped",
  delivered_at: "delivered",
} as const;
/** A time of an order's row, and the one that it was promised for. */
export type OrderTime = keyof typeof STEPS | "estimated_delivery_at";

/** Hours from one time of an order's row (alias `o`) to another; null when one is not known or was inferred. */
export function hoursBetween(from: OrderTime, to: OrderTime): string {
  const given = [from, to].flatMap((time) =>
    time === "estimated_delivery_at" ? [] : [isGiven(STEPS[time])],
  );
  return `case when ${given.join(" and ")} then ${hours(`o.${from}`, `o.${to}`)} end`;
}

/**
 * Hours from one moment to another of an order (alias `o`). Those of an imported history are differences of what its
 * own clocks showed, since these are what its source knew.
 */
export function hours(from: string, to: string, zone = "o.time_zone"): string {
  const local = (moment: string) => `(${moment} at time zone ${zone})`;
  return `date_part('epoch', case when ${zone} is null then ${to} - ${from} else ${local(to)} - ${local(from)} end) / 3600`;
}

/** The median of those of a group that hold. */
export const middleOf = (value: string, condition?: string): string =>
  `percentile_cont(0.5) within group (order by ${value})${condition ? ` filter (where ${condition})` : ""}`;

/**
 * Whether an order (alias `o`) is the first of those that its source knew as one, which it is unless it was imported
 * with lines of several sellers.
 */
export const isOneOfSource = `(o.external_id is null or not exists (select from "order" s
    where s.purchase_id = o.purchase_id and s.external_id = o.external_id and s.id < o.id))`;
