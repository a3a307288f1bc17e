import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { orderRowsFrom } from "../domain/order-path.ts";
import { MktError } from "../errors.ts";
import type { TransitionRow } from "../stores/aurora/orders.ts";
import { readableOrder, requireWay } from "./show-order.ts";

export interface OrderWatch {
  actor: Actor;
  order: string;
  /** Stop in one of these states; none: when the order is over. */
  until: readonly string[];
  /** In milliseconds; undefined: as long as it takes. */
  timeoutMs: number | undefined;
  /** Aborted by whoever wants to see no more. */
  stopping: AbortSignal;
}

type WatchDeps = Pick<Deps, "orders" | "lookup" | "events" | "payments">;

const POLL_MS = 250;
const BATCH = 500;

/**
 * Gives an order's history and then every transition of it and of its payments, refunds, shipments and disputes as
 * it happens, until the order is in a wanted state or over. Throws `unavailable` when time runs out, and
 * `illegal_transition` when no wanted state can be reached any more.
 */
export async function* watchOrder(
  { actor, order: text, until, timeoutMs, stopping }: OrderWatch,
  deps: WatchDeps,
): AsyncGenerator<TransitionRow> {
  const { orders } = deps;
  let order = await readableOrder(actor, text, deps);
  const { id } = order;
  const deadline = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  await deps.events.sequence();
  let position = await deps.events.lastPosition();
  const told = new Map<string, number>();
  let hasNews = true;
  for (;;) {
    if (hasNews) {
      // The history is read last, so that the step that ends it is told.
      order = await readableOrder(actor, id, deps);
      const isOver = await isAtEnd(order, until, deps);
      yield* unseen(await orders.transitions(await orders.partsOf(id)), told);
      if (isOver) return;
      if (until.length > 0) requireWay(id, order.state, until);
    }
    if (performance.now() >= deadline) throw outOfTime(order, until);
    await pause(POLL_MS, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted) return;
    ({ position, hasNews } = await newsAfter(position, id, deps));
  }
}

/** Reads the log to its end; says whether something of this order is in it. */
async function newsAfter(
  after: number,
  orderId: string,
  { events }: WatchDeps,
): Promise<{ position: number; hasNews: boolean }> {
  await events.sequence();
  let [position, hasNews] = [after, false];
  for (;;) {
    const found = await events.after(position, BATCH);
    hasNews ||= found.some(
      ({ subjectId, data }) => subjectId === orderId || data.orderId === orderId,
    );
    position = found.at(-1)?.position ?? position;
    if (found.length < BATCH) return { position, hasNews };
  }
}

/** A provider may tell late of what it did early: what was told is known by what it says, not by its place. */
function unseen(rows: readonly TransitionRow[], told: Map<string, number>): TransitionRow[] {
  const seen = new Map<string, number>();
  return rows.filter((row) => {
    const key = JSON.stringify(row);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count <= (told.get(key) ?? 0)) return false;
    told.set(key, count);
    return true;
  });
}

/** Over is an order that nothing leads on from, or that is complete, once no refund of it is under way. */
async function isAtEnd(
  { id, state }: Order,
  until: readonly string[],
  { payments }: WatchDeps,
): Promise<boolean> {
  if (until.length > 0) return until.includes(state);
  if (state !== "completed" && orderRowsFrom(state).length > 0) return false;
  const paid = await payments.ofOrder(id);
  const refunds = await payments.refundsOf(paid.map((payment) => payment.id));
  return refunds.every((refund) => !["requested", "pending"].includes(refund.state));
}

function outOfTime({ id, state }: Order, until: readonly string[]): MktError {
  const missing = until.length > 0 ? `, not ${until.join(" or ")}` : "";
  return new MktError("unavailable", `order ${id} is still ${state}${missing}`, {
    hint: `mkt order why ${id}`,
  });
}
