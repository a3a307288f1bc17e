import type { Deps } from "../deps.ts";
import { type Actor, isStaff } from "../domain/actor.ts";
import { ORDER_READERS } from "../domain/order.ts";
import type { CommandUser, OrderFacts, ShipmentFacts, Standing } from "../domain/order-facts.ts";
import { orderRowsFrom } from "../domain/order-path.ts";
import { DISPUTE_RULES, ORDER_RULES } from "../domain/order-rules.ts";
import { PAYMENT_RULES, REFUND_RULES, SHIPMENT_RULES } from "../domain/payment-rules.ts";
import {
  type Machine,
  TRANSITIONS,
  type Transition,
  type TransitionActor,
} from "../domain/transitions.ts";
import { whyNotDisputable } from "../stores/aurora/dispute-rows.ts";
import type { TransitionRow } from "../stores/aurora/orders.ts";
import { readableOrder } from "./show-order.ts";

/** A transition that the table has for a thing as it stands, and how it stands with it. */
export interface PossibleTransition {
  machine: Machine;
  id: string;
  from: string;
  event: string;
  to: string;
  actors: readonly TransitionActor[];
  /** Whether it can happen now, by anybody who may. */
  possible: boolean;
  blockedBy: string | null;
  /** What whoever asks can do about it: it causes the transition, or removes what blocks it. */
  command: string | null;
  /** When the worker does it by itself. */
  dueAt: string | null;
}

/** What may become of an order, and of all that belongs to it. */
export interface OrderOutlook {
  order: string;
  state: string;
  /** How it came to its last state, when nothing leads on from there. */
  ended: Pick<TransitionRow, "event" | "from" | "actor" | "at"> | null;
  transitions: PossibleTransition[];
}

type ExplainDeps = Pick<
  Deps,
  | "orders"
  | "payments"
  | "shipments"
  | "reviews"
  | "users"
  | "lookup"
  | "shippingProvider"
  | "marketClock"
  | "now"
>;
type Shipment = Awaited<ReturnType<Deps["shipments"]["ofOrder"]>>[number];

/** Payments of which nothing more is expected. */
const GIVEN_UP_STATES = ["rejected", "cancelled"];
const NOT_SCANNED_STATES = ["handling", "ready_to_ship"];

/** Lists what the transition table has for an order, its payments, refunds, shipments and dispute, and what blocks each. */
export async function explainOrder(
  { actor, order: text }: { actor: Actor; order: string },
  deps: ExplainDeps,
): Promise<OrderOutlook> {
  const { id } = await readableOrder(actor, text, deps);
  const history = await deps.orders.transitions(await deps.orders.partsOf(id));
  const facts = await factsOf(actor, id, deps);
  const { order, payments, refunds, shipments } = facts;
  const may = await asker(actor, facts, deps);

  const transitions: PossibleTransition[] = [];
  const add = (
    machine: Machine,
    thing: { id: string; state: string },
    standingOf: (event: string) => Standing | undefined,
  ) => {
    for (const row of TRANSITIONS) {
      if (row.machine !== machine || row.from !== thing.state) continue;
      const { event, to, actors } = row;
      const standing = standingOf(event) ?? {};
      const blockedBy = standing.blockedBy ?? may.notDo(row) ?? null;
      transitions.push({
        machine,
        id: thing.id,
        from: thing.state,
        event,
        to,
        actors,
        possible: blockedBy === null,
        blockedBy,
        command: may.run(standing.command),
        dueAt: standing.dueAt ?? null,
      });
    }
  };
  add("order", order, (event) => ORDER_RULES[event]?.(facts));
  for (const payment of payments) {
    if (GIVEN_UP_STATES.includes(payment.state)) continue;
    add("payment", payment, (event) => PAYMENT_RULES[event]?.(payment, facts));
  }
  for (const refund of refunds)
    add("refund", refund, (event) => REFUND_RULES[event]?.(refund, facts));
  for (const shipment of shipments)
    add("shipment", shipment, (event) => SHIPMENT_RULES[event]?.(shipment, facts));
  for (const dispute of openDisputes(history))
    add("dispute", dispute, (event) => DISPUTE_RULES[event]?.(facts));
  return { order: id, state: order.state, ended: endOf(order, history), transitions };
}

/** All that decides what may become of an order. */
export async function factsOf(
  actor: Actor,
  id: string,
  deps: Omit<ExplainDeps, "users" | "marketClock">,
): Promise<OrderFacts> {
  const [order, payments, shipments, reviews] = await Promise.all([
    readableOrder(actor, id, deps),
    deps.payments.ofOrder(id),
    deps.shipments.ofOrder(id),
    deps.reviews.ofOrder(id),
  ]);
  const now = deps.now();
  return {
    order,
    now,
    payments,
    refunds: await deps.payments.refundsOf(payments.map((payment) => payment.id)),
    shipments: await Promise.all(shipments.map((shipment) => withCarrier(shipment, deps))),
    reviewedLines: reviews.map(({ orderLineId }) => orderLineId),
    notDisputable: whyNotDisputable(order, now),
  };
}

/** Asks the carrier how what stands here as not handed over stands there: its news may be on their way. */
async function withCarrier(
  shipment: Shipment,
  { shippingProvider }: Pick<Deps, "shippingProvider">,
): Promise<ShipmentFacts> {
  const { id, state, providerId } = shipment;
  const alone = { ...shipment, scannedAt: null, voided: false };
  if (!NOT_SCANNED_STATES.includes(state)) return alone;
  try {
    const told = providerId
      ? await shippingProvider.getShipment(providerId)
      : await shippingProvider.findByKey(id);
    const scannedAt = told?.scans[0]?.at ?? null;
    return { ...shipment, scannedAt, voided: told?.state === "cancelled" };
  } catch {
    // Without the carrier, what we know is all there is.
    return alone;
  }
}

function openDisputes(history: readonly TransitionRow[]): { id: string; state: string }[] {
  const states = new Map<string, string>();
  for (const { machine, subjectId, to } of history)
    if (machine === "dispute") states.set(subjectId, to);
  return [...states].map(([id, state]) => ({ id, state }));
}

function endOf(
  { id, state }: { id: string; state: string },
  history: readonly TransitionRow[],
): OrderOutlook["ended"] {
  if (orderRowsFrom(state).length > 0) return null;
  const last = history.findLast(({ subjectId, to }) => subjectId === id && to === state);
  if (!last) return null;
  const { event, from, actor, at } = last;
  return { event, from, actor, at };
}

/** What whoever asks may do with an order: themselves, or as an operator for its parties. */
async function asker(actor: Actor, { order }: OrderFacts, { users, marketClock }: ExplainDeps) {
  const { buyerId, sellerId } = order;
  const own = new Set<string>();
  if (actor.userId === buyerId) own.add("buyer");
  if (actor.userId === sellerId) own.add("seller");
  if (isStaff(actor, ...ORDER_READERS)) own.add("staff");
  const isOperator = isStaff(actor, "operator") && actor.operatorId === null;
  const emailOf = async (id: string) => (await users.find({ id }))?.email ?? id;
  const names = isOperator
    ? {
        buyer: await emailOf(buyerId),
        seller: sellerId === null ? "nobody" : await emailOf(sellerId),
      }
    : undefined;

  return {
    /** The command as they have to type it; null when they may not. */
    run(command: Standing["command"]): string | null {
      if (!command) return null;
      const { line, by } = command;
      if (by.some((user: CommandUser) => own.has(user))) return line;
      if (by.includes("operator")) return isOperator && marketClock.isMovable ? line : null;
      const party = by.find((user) => user === "buyer" || user === "seller");
      return party && names ? `${line} --as ${names[party]}` : null;
    },
    /** Why they cannot do what only people do, in words. */
    notDo({ actors }: Transition): string | undefined {
      const isForPeople = !actors.includes("provider") && !actors.includes("timer");
      if (!isForPeople || isOperator || actors.some((one) => own.has(one))) return undefined;
      const [first] = actors;
      return first === "staff" ? "only staff do this" : `you are not its ${first}`;
    },
  };
}
