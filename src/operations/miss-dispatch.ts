import type { Deps } from "../deps.ts";
import { type CancelDeps, stopPayments } from "./cancel-order.ts";
import { runTimer } from "./run-timer.ts";
import { voidLabels, voidLateLabels } from "./void-labels.ts";

const REASON = "not dispatched in time";

/**
 * Cancels paid orders of which nothing was handed over in time, as their parties could: the label is voided
 * first, and one that the carrier has scanned by now goes on its way instead. Gives their ids. Throws
 * `unavailable` when a provider is away, after the others had their turn.
 */
export async function missDispatch(
  deps: CancelDeps & Pick<Deps, "orderTimers">,
): Promise<string[]> {
  const missed = await runTimer("dispatch", deps, async ({ orderId }, at) => {
    // Scanned already: that news is applied.
    if (!(await voidLabels(orderId, deps))) return false;
    if (!(await deps.orderTimers.missDispatch(orderId, REASON, at))) return false;
    await voidLateLabels(orderId, deps);
    await stopPayments(orderId, deps);
    return true;
  });
  return missed.map(({ orderId }) => orderId);
}
