import type { Deps } from "../deps.ts";
import { runTimer } from "./run-timer.ts";

/** Lets reservations expire whose time is over and that no open payment holds; gives their order ids. */
export async function expireReservations(
  deps: Pick<Deps, "orderTimers" | "now">,
): Promise<string[]> {
  const expired = await runTimer("reservation", deps, ({ orderId }, at) =>
    deps.orderTimers.expire(orderId, at),
  );
  return expired.map(({ orderId }) => orderId);
}
