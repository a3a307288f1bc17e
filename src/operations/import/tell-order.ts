import type { HistoryMapping, SourceStep } from "../../domain/mapping/history.ts";
import type { PastOrder } from "../../domain/past/past-order.ts";
import type { Moment } from "../../domain/past/telling.ts";
import type { SourcePurchase } from "../../stores/aurora/import-staging.ts";

const STEPS = ["placed", "paid", "shipped", "delivered"] as const;
type Step = (typeof STEPS)[number];

/** What a flag of an imported order says of its source. */
export const FLAG_MEANINGS: Readonly<Record<string, string>> = {
  no_lines: "no line of it is there",
  line_rejected: "a line of it was rejected",
  unknown_status: "the mapping does not know its status: its last step counts",
  later_than_status: "its times go further than its status",
  unreadable_time: "one of its times cannot be read",
  no_placed_time: "it has no time of purchase: its earliest time counts",
  no_paid_time: "it was paid, but has no time of it",
  no_shipped_time: "it was shipped, but has no time of it",
  delivered_without_date: "it was delivered, but has no time of it",
  cancelled_after_shipping: "it was cancelled when it was on its way: its money went back",
  unknown_buyer: "no file describes its buyer",
  unknown_seller: "no file describes its seller",
  unknown_product: "no file describes one of its products",
  ...Object.fromEntries(
    STEPS.flatMap((early, rank) =>
      STEPS.slice(rank + 1).map((late) => [`${late}_before_${early}`, `${late} before ${early}`]),
    ),
  ),
};

/** What a source says of an order, made whole. */
export interface SourceStory {
  /** The last step of the way that it went, as place among the steps. */
  reached: number;
  isCancelled: boolean;
  /** When a step was taken. */
  moment: (step: Step) => Moment;
  /** When the last step was taken whose time is given. */
  lastGiven: string;
  flags: readonly string[];
}

/** Where the source contradicts itself or lacks something, a flag says so; times that it gives are kept. */
export function sourceStory(
  purchase: SourcePurchase,
  statuses: HistoryMapping["statuses"],
): SourceStory {
  const isPlacedGiven = !purchase.flags.includes("no_placed_time");
  const given: Record<Step, number | null> = {
    placed: isPlacedGiven ? purchase.placed : null,
    paid: purchase.paid,
    shipped: purchase.shipped,
    delivered: purchase.delivered,
  };
  const hasTime = STEPS.filter((step) => given[step] !== null);
  const last = Math.max(0, STEPS.indexOf(hasTime.at(-1) ?? "placed"));
  const said = statusStep(purchase.status, statuses);
  const isCancelled = said === "cancelled";
  const stated = said === undefined || isCancelled ? 0 : STEPS.indexOf(said);
  const reached = Math.max(last, stated);

  const flags = [...purchase.flags];
  if (said === undefined) flags.push("unknown_status");
  else if (!isCancelled && last > stated) flags.push("later_than_status");
  if (reached >= 1 && given.paid === null) flags.push("no_paid_time");
  if (reached >= 2 && given.shipped === null) flags.push("no_shipped_time");
  if (reached >= 3 && given.delivered === null) flags.push("delivered_without_date");
  if (isCancelled && reached >= 2) flags.push("cancelled_after_shipping");
  for (const [index, late] of hasTime.entries()) {
    const early = hasTime[index - 1];
    if (early && (given[late] ?? 0) < (given[early] ?? 0)) flags.push(`${late}_before_${early}`);
  }
  const moment = (step: Step): Moment => {
    const own = given[step];
    if (own !== null) return { at: iso(own) };
    const before = STEPS.slice(0, STEPS.indexOf(step)).findLast((each) => given[each] !== null);
    return { at: iso((before && given[before]) ?? purchase.placed), inferred: true };
  };
  const lastGiven = moment(STEPS[last] ?? "placed").at;
  return { reached, isCancelled, moment, lastGiven, flags };
}

/** What a status says happened last; undefined when the mapping does not know it. */
function statusStep(
  status: string | null,
  statuses: HistoryMapping["statuses"],
): SourceStep | undefined {
  if (status === null) return undefined;
  const known = (name: string) => (Object.hasOwn(statuses, name) ? statuses[name] : undefined);
  return known(status) ?? known(status.toLowerCase());
}

/** Takes an order that was placed through all that its source tells, and what the timers would have done since. */
export function tellOrder(
  past: PastOrder,
  { reached, isCancelled, moment, lastGiven }: SourceStory,
  { staff, now }: { staff: string; now: string },
): void {
  const { order } = past;
  const ended = { at: lastGiven, inferred: true };
  if (reached >= 1) past.pay(moment("paid"));
  if (order.sellerId === null) {
    const kept = (step: Step) => (moment(step).inferred ? null : moment(step).at);
    past.keepTimes({ shippedAt: kept("shipped"), deliveredAt: kept("delivered") });
    past.cancel(ended, `user:${order.buyerId}`);
    return;
  }
  if (reached >= 2) past.handOver(moment("shipped"));
  if (reached >= 3) past.deliver(moment("delivered"));
  if (isCancelled && reached < 2) past.cancel(ended, `user:${order.sellerId}`);
  if (isCancelled && reached === 2) past.fail(ended, "fail_delivery");
  if (isCancelled && reached >= 2) past.refundAll(ended, staff, "its source says it was cancelled");
  past.playTimers(now);
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
