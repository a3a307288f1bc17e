import { COMPLETION_DAYS, DISPATCH_DAYS, LATE_DELIVERY_DAYS } from "./order.ts";

/** What the worker does by itself when its time has come. */
export const TIMERS = ["payment", "reservation", "dispatch", "delivery", "completion"] as const;
export type Timer = (typeof TIMERS)[number];

/** A timer that runs. */
export interface RunningTimer {
  timer: Timer;
  orderId: string;
  /** Of a payment's deadline. */
  paymentId: string | null;
  dueAt: string;
}

/** Orders that came with their history carry one of these flags: no timer touches them. */
export const PAST_FLAGS = ["imported", "seeded"] as const;

/** Whether an order came with its history. */
export function isPast({ flags }: { flags: readonly string[] }): boolean {
  return PAST_FLAGS.some((flag) => flags.includes(flag));
}

/** In which state an order's timers run, and how many days after the moment from which they count. */
export const ORDER_TIMERS = {
  reservation: { state: "reserved", days: 0 },
  dispatch: { state: "paid", days: DISPATCH_DAYS },
  delivery: { state: "shipped", days: LATE_DELIVERY_DAYS },
  completion: { state: "delivered", days: COMPLETION_DAYS },
} as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** After so many steps of a jump no more is done for what is due, however much that is. */
const PRECISE_STEPS = 500;

/**
 * How far a jump of the clock goes in its next step: to whatever is due next, but at most six hours in its
 * first day, a day in its first two months, and 30 days after that, so that what providers do meanwhile is
 * learnt near the time at which it happens. All in milliseconds.
 */
export function stepMs({
  jumpMs,
  doneMs,
  steps,
  dueInMs,
}: {
  jumpMs: number;
  doneMs: number;
  /** How many steps it has made. */
  steps: number;
  /** When our next timer is due; undefined: none runs. */
  dueInMs: number | undefined;
}): number {
  const longest = doneMs < DAY_MS ? 6 * HOUR_MS : doneMs < 60 * DAY_MS ? DAY_MS : 30 * DAY_MS;
  const shortest = steps < PRECISE_STEPS ? 1_000 : Math.ceil(jumpMs / PRECISE_STEPS);
  const wanted = Math.max(shortest, dueInMs ?? longest);
  return Math.min(jumpMs - doneMs, longest, wanted);
}
