import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { CAPTURED_PAYMENT_STATES } from "../domain/payment.ts";
import { hasCode, MktError } from "../errors.ts";
import type { DisputeStore, NotedDispute } from "../stores/aurora/disputes.ts";
import type { TransitionRow } from "../stores/aurora/orders.ts";
import type { Review } from "../stores/aurora/reviews.ts";
import { partyOf, type SaleQuery } from "./list-sales.ts";
import { afterId, type Listing, pageOf } from "./manage-users.ts";
import { readableOrder } from "./show-order.ts";

/** Disputes, newest first: one's own as buyer or seller, all of them for staff. */
export async function listDisputes(
  { actor, limit, pageToken, state, order }: SaleQuery,
  { disputes, lookup }: Pick<Deps, "disputes" | "lookup">,
): Promise<Listing<Awaited<ReturnType<DisputeStore["list"]>>[number]>> {
  const items = await disputes.list({
    limit: limit + 1,
    after: afterId(pageToken),
    state,
    orderId: order && (await lookup.resolve("order", order)),
    partyId: partyOf(actor),
  });
  return pageOf(items, limit);
}

/** A dispute with what it is about. Amounts are minor units. */
export interface DisputeStory extends NotedDispute {
  order: Pick<Order, "id" | "state" | "flags" | "buyerId" | "sellerId" | "deliveredAt">;
  /** The lines that it is about, with what the buyer says of each. */
  lines: (Order["lines"][number] & { review: (Review & { text: string }) | null })[];
  money: {
    currency: string;
    totalMinor: number;
    capturedMinor: number;
    /** Granted back, given back or not. */
    grantedMinor: number;
    refundedMinor: number;
    leftMinor: number;
    chargeback: string | null;
  };
  transitions: TransitionRow[];
}

type DisputeDeps = Pick<Deps, "disputes" | "lookup" | "orders" | "payments" | "reviews">;

/** One dispute with what it is about, by its id or its order's: then the last of that order. */
export async function showDispute(
  { actor, dispute: text }: { actor: Actor; dispute: string },
  deps: DisputeDeps,
): Promise<DisputeStory> {
  const dispute = await findDispute(text, deps);
  const order = await readableOrder(actor, dispute.orderId, deps);
  const reviews = await deps.reviews.ofOrder(order.id);
  const isAbout = (id: string) => dispute.orderLineId === null || dispute.orderLineId === id;
  const { id, state, flags, buyerId, sellerId, deliveredAt } = order;
  return {
    ...dispute,
    order: { id, state, flags, buyerId, sellerId, deliveredAt },
    lines: order.lines
      .filter((line) => isAbout(line.id))
      .map((line) => {
        const review = reviews.find(({ orderLineId }) => orderLineId === line.id) ?? null;
        return { ...line, review };
      }),
    money: await moneyOf(order, deps),
    transitions: await deps.orders.transitions([dispute.id]),
  };
}

/** A dispute's id and an order's may begin alike: then both must mean the same. */
async function findDispute(text: string, deps: DisputeDeps): Promise<NotedDispute> {
  const [id, orderId] = await Promise.all([idOf("dispute", text, deps), idOf("order", text, deps)]);
  const byId = id === undefined ? undefined : await deps.disputes.find(id);
  if (orderId === undefined || byId?.orderId === orderId) {
    if (byId) return byId;
    throw new MktError("not_found", `there is no dispute ${JSON.stringify(text)}`, {
      hint: "mkt dispute list shows what there is",
    });
  }
  if (byId) {
    throw new MktError("invalid", `${text} begins the ids of a dispute and of another order`, {
      hint: `${byId.id}, ${orderId}: type more of it`,
    });
  }
  const last = (await deps.disputes.ofOrder(orderId)).at(-1);
  if (last) return last;
  throw new MktError("not_found", `order ${orderId} was never disputed`, {
    hint: `mkt order show ${orderId}`,
  });
}

async function idOf(
  kind: "dispute" | "order",
  text: string,
  { lookup }: DisputeDeps,
): Promise<string | undefined> {
  try {
    return await lookup.resolve(kind, text);
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}

async function moneyOf(
  { id, currency, totalMinor }: Order,
  { payments }: DisputeDeps,
): Promise<DisputeStory["money"]> {
  const captured = (await payments.ofOrder(id)).filter(
    ({ late, state }) => !late && CAPTURED_PAYMENT_STATES.some((one) => one === state),
  );
  const refunds = await payments.refundsOf(captured.map((payment) => payment.id));
  const sum = (rows: readonly { amountMinor: number }[]) =>
    rows.reduce((total, { amountMinor }) => total + amountMinor, 0);
  const [capturedMinor, grantedMinor] = [sum(captured), sum(refunds)];
  return {
    currency,
    totalMinor,
    capturedMinor,
    grantedMinor,
    refundedMinor: sum(refunds.filter(({ state }) => state === "succeeded")),
    leftMinor: capturedMinor - grantedMinor,
    chargeback: captured.find(({ chargeback }) => chargeback !== null)?.chargeback ?? null,
  };
}
