import type { Deps } from "../deps.ts";
import type { CancelDeps } from "./cancel-order.ts";
import { completeOrders } from "./complete-orders.ts";
import { expirePayments } from "./expire-payments.ts";
import { expireReservations } from "./expire-reservations.ts";
import { failLateDeliveries } from "./fail-late-deliveries.ts";
import { missDispatch } from "./miss-dispatch.ts";

export type TimerDeps = CancelDeps & Pick<Deps, "orderTimers">;

/** One kind of timer: what it does when it is due. */
export interface TimerChore {
  name: string;
  everyMs: number;
  /** It asks a provider before it acts: it must not run ahead of the provider's time. */
  asksProvider: boolean;
  run: (deps: TimerDeps) => Promise<unknown>;
}

/** Every timer, in the order in which they act on one moment: a payment that ends lets a reservation go on. */
export const TIMER_CHORES: readonly TimerChore[] = [
  { name: "overdue payments", everyMs: 5_000, asksProvider: true, run: expirePayments },
  { name: "reservations", everyMs: 1_000, asksProvider: false, run: expireReservations },
  { name: "missed dispatches", everyMs: 5_000, asksProvider: true, run: missDispatch },
  { name: "late deliveries", everyMs: 5_000, asksProvider: true, run: failLateDeliveries },
  { name: "completions", everyMs: 1_000, asksProvider: false, run: completeOrders },
];
