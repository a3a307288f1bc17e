import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { ORDER_READERS, type Order, type OrderLine } from "../domain/order.ts";
import { canReach } from "../domain/order-path.ts";
import type { Question } from "../domain/question.ts";
import { hasCode, MktError } from "../errors.ts";
import type { NotedDispute } from "../stores/aurora/disputes.ts";
import type { TransitionRow } from "../stores/aurora/orders.ts";
import type { Payment, Refund } from "../stores/aurora/payment-rows.ts";
import type { Review } from "../stores/aurora/reviews.ts";
import type { Scan, Shipment } from "../stores/aurora/shipment-rows.ts";

type Party = { id: string; email: string; name: string };

/** All that belongs to one order, from every store. Amounts are minor units. */
export interface OrderStory extends Omit<Order, "lines"> {
  buyer: Party | null;
  seller: Party | null;
  shipTo: string;
  /** The title is null while DynamoDB is away. */
  lines: (OrderLine & { title: string | null })[];
  payments: (Payment & { refunds: Refund[] })[];
  shipments: (Shipment & { scans: Scan[] })[];
  questions: Question[];
  reviews: (Review & { text: string })[];
  /** With what was typed when they were opened and resolved. */
  disputes: NotedDispute[];
  transitions: TransitionRow[];
}

type StoryDeps = Pick<
  Deps,
  | "orders"
  | "purchases"
  | "payments"
  | "shipments"
  | "reviews"
  | "disputes"
  | "users"
  | "lookup"
  | "pages"
  | "questions"
  | "notice"
>;

const POLL_MS = 100;
const QUESTIONS_LIMIT = 50;

/** The whole story of an order, for its buyer, its seller and staff. */
export async function showOrder(
  { actor, order: text }: { actor: Actor; order: string },
  deps: StoryDeps,
): Promise<OrderStory> {
  const order = await readableOrder(actor, text, deps);
  const [purchase, payments, shipments, reviews, disputes, buyer, seller] = await Promise.all([
    deps.purchases.find(order.purchaseId),
    deps.payments.ofOrder(order.id),
    deps.shipments.ofOrder(order.id),
    deps.reviews.ofOrder(order.id),
    deps.disputes.ofOrder(order.id),
    deps.users.find({ id: order.buyerId }),
    order.sellerId === null ? undefined : deps.users.find({ id: order.sellerId }),
  ]);
  const refunds = await deps.payments.refundsOf(payments.map(({ id }) => id));
  const things = [order, ...payments, ...refunds, ...shipments, ...disputes];
  const transitions = await deps.orders.transitions(things.map(({ id }) => id));
  const { titles, questions } = await readPages(order, deps);
  const party = (user: typeof buyer) =>
    user ? { id: user.id, email: user.email, name: user.name } : null;
  return {
    ...order,
    buyer: party(buyer),
    seller: party(seller),
    shipTo: purchase?.shipTo ?? "",
    lines: order.lines.map((line) => ({ ...line, title: titles.get(line.publicationId) ?? null })),
    payments: payments.map((payment) => {
      return { ...payment, refunds: refunds.filter(({ paymentId }) => paymentId === payment.id) };
    }),
    shipments: await Promise.all(
      shipments.map(async (shipment) => ({
        ...shipment,
        scans: await deps.shipments.scansOf(shipment.id),
      })),
    ),
    questions,
    reviews,
    disputes,
    transitions,
  };
}

/**
 * Waits until an order is in one of these states. Throws `unavailable` when time runs out, and
 * `illegal_transition` at once when it cannot come to any of them.
 */
export async function awaitOrder(
  want: { actor: Actor; order: string; states: readonly string[]; timeoutMs: number },
  deps: StoryDeps,
): Promise<void> {
  const deadline = performance.now() + want.timeoutMs;
  for (;;) {
    const { id, state } = await readableOrder(want.actor, want.order, deps);
    if (want.states.includes(state)) return;
    requireWay(id, state, want.states);
    if (performance.now() >= deadline) {
      throw new MktError(
        "unavailable",
        `order ${id} is still ${state}, not ${want.states.join(" or ")}`,
        {
          hint: "wait longer with --timeout, or look at its story with mkt order show",
        },
      );
    }
    await pause(POLL_MS);
  }
}

/** Refuses to wait for what cannot happen any more. */
export function requireWay(id: string, state: string, wanted: readonly string[]): void {
  if (canReach(state, wanted)) return;
  throw new MktError(
    "illegal_transition",
    `order ${id} is ${state}: it cannot become ${wanted.join(" or ")} any more`,
    { hint: `mkt order why ${id}` },
  );
}

/** The order that a text names, for its buyer, its seller and staff. */
export async function readableOrder(
  actor: Actor,
  text: string,
  { orders, lookup }: Pick<Deps, "orders" | "lookup">,
): Promise<Order> {
  const order = await orders.find(await lookup.resolve("order", text));
  if (!order) throw new MktError("not_found", `there is no order ${text}`);
  requireOneOf(actor, [order.buyerId, order.sellerId], `order ${order.id}`, ...ORDER_READERS);
  return order;
}

/** What the pages add; without DynamoDB the story is told without it. */
async function readPages(
  order: Order,
  deps: StoryDeps,
): Promise<{ titles: Map<string, string>; questions: Question[] }> {
  const ids = order.lines.map(({ publicationId }) => publicationId);
  try {
    const pages = await deps.pages.getMany(ids);
    const asked = await Promise.all(
      [...new Set(ids)].map((id) =>
        deps.questions.listByPublication(id, { limit: QUESTIONS_LIMIT }),
      ),
    );
    const questions = asked
      .flatMap(({ items }) => items)
      .filter(({ askerId }) => askerId === order.buyerId);
    return { titles: new Map([...pages].map(([id, { title }]) => [id, title])), questions };
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    deps.notice("DynamoDB cannot be reached: titles and questions are left out");
    return { titles: new Map(), questions: [] };
  }
}
