import type { Deps } from "../deps.ts";
import { runTimer } from "./run-timer.ts";

/** Completes orders that were delivered two weeks ago and that nobody disputed; gives their ids. */
export async function completeOrders(deps: Pick<Deps, "orderTimers" | "now">): Promise<string[]> {
  const completed = await runTimer("completion", deps, ({ orderId }, at) =>
    deps.orderTimers.complete(orderId, at),
  );
  return completed.map(({ orderId }) => orderId);
}
