import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { ORDER_RULES } from "../domain/order-rules.ts";
import { hasCode, MktError } from "../errors.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import type { Shipment } from "../stores/aurora/shipment-rows.ts";
import { cancelOrder } from "./cancel-order.ts";
import { factsOf } from "./explain-order.ts";
import { moveClock } from "./move-clock.ts";
import { openDispute } from "./open-dispute.ts";
import { pay } from "./pay.ts";
import { refundPayment } from "./refund-payment.ts";
import { resolveDispute } from "./resolve-dispute.ts";
import { review } from "./review.ts";
import { settlePayment } from "./settle-payment.ts";
import { settleShipment } from "./settle-shipment.ts";
import { ship } from "./ship.ts";

/** What a step is taken with: the operator who wants it, and the order as it stands. */
export interface StepContext {
  actor: Actor;
  order: Order;
  payments: readonly Payment[];
  /** The newest of the order's. */
  shipment: Shipment | undefined;
}

/** How a transition is brought about. */
interface Step {
  /** In words, or as one would type it. */
  how: (context: StepContext) => string;
  act: (context: StepContext, deps: Deps) => Promise<unknown>;
}

const REASON = "triggered";
const CARD = "tok_approved";

/** Each jump of the clock goes to when the timer is due; an open payment's end may move that. */
const JUMPS_LIMIT = 3;

/** How each event of an order is brought about. */
export const ORDER_STEPS: Readonly<Record<string, Step>> = {
  approve_payment: {
    how: (context) => {
      const open = openPayment(context);
      if (open) return `the provider approves payment ${open.id}`;
      return `mkt pay ${context.order.id} --card ${CARD}`;
    },
    act: async (context, deps) => {
      const { order } = context;
      const open = openPayment(context);
      if (open) return approve(open, deps);
      const actor = await as(order.buyerId, context, deps);
      // Nobody waits for the provider to decide: it is told to.
      const quiet = { ...deps, notice: () => undefined };
      const [paid] = await pay({ actor, target: order.id, card: CARD, waitMs: 0 }, quiet);
      return paid && approve(paid, deps);
    },
  },
  expire: {
    how: () => "mkt clock advance, to when the reservation ends",
    act: async ({ actor, order }, deps) => {
      for (let jump = 0; jump < JUMPS_LIMIT; jump += 1) {
        const facts = await factsOf(actor, order.id, deps);
        const { dueAt } = ORDER_RULES.expire?.(facts) ?? {};
        if (facts.order.state !== order.state || dueAt === undefined) return;
        const byMs = Math.max(0, Date.parse(dueAt) - Date.parse(deps.now())) + 1_000;
        await moveClock({ actor, byMs }, deps);
      }
    },
  },
  cancel: {
    how: ({ order }) => `mkt order cancel ${order.id}`,
    act: ({ actor, order }, deps) => cancelOrder({ actor, order: order.id, reason: REASON }, deps),
  },
  hand_over: {
    how: ({ order }) => `mkt ship ${order.id}, and the carrier scans the parcel`,
    act: shipAndScan,
  },
  send_again: { how: ({ order }) => `mkt ship ${order.id}`, act: shipAndScan },
  deliver: carrierStep("delivers the parcel", "deliverShipment"),
  fail_delivery: carrierStep("cannot deliver the parcel", "failDelivery"),
  complete: {
    how: ({ order }) => `mkt review ${order.id} --conforms --rating 5, for every line`,
    act: async (context, deps) => {
      const { order } = context;
      const actor = await as(order.buyerId, context, deps);
      const written = await deps.reviews.ofOrder(order.id);
      for (const { id, lineNumber } of order.lines) {
        if (written.some(({ orderLineId }) => orderLineId === id)) continue;
        const what = { lineNumber, conforms: true, rating: 5, text: "" };
        await review({ actor, order: order.id, ...what }, deps);
      }
    },
  },
  dispute: {
    how: ({ order: { id, deliveredAt } }) =>
      `mkt dispute open ${id} ${deliveredAt === null ? "--not-received" : "--not-as-described"} --note TEXT`,
    act: async (context, deps) => {
      const { id, buyerId, deliveredAt } = context.order;
      const actor = await as(buyerId, context, deps);
      const reason = deliveredAt === null ? "not_received" : "not_as_described";
      await openDispute({ actor, order: id, reason, note: REASON }, deps);
    },
  },
  dismiss_dispute: {
    how: ({ order }) => `mkt dispute resolve ${order.id} --dismiss`,
    act: ({ actor, order }, deps) =>
      resolveDispute({ actor, order: order.id, dismiss: true, note: REASON }, deps),
  },
  refund: {
    how: (context) =>
      context.order.state === "disputed"
        ? `mkt dispute resolve ${context.order.id} --refund`
        : `mkt payment refund ${captured(context)?.id ?? ""}`.trimEnd(),
    act: async (context, deps) => {
      const { actor, order } = context;
      if (order.state === "disputed")
        return resolveDispute({ actor, order: order.id, refund: {}, note: REASON }, deps);
      const payment = captured(context)?.id ?? "";
      return refundPayment({ actor, payment, reason: REASON }, deps);
    },
  },
};

interface ThingStep extends Step {
  title: string;
  /** The state to which the order is led when the thing is not ready. */
  orderState: string;
  isReady: (context: StepContext) => boolean;
  isDone: (context: StepContext) => boolean;
}

/** What can be triggered of a payment or a parcel. */
export const THING_STEPS: Readonly<Record<string, ThingStep>> = {
  "payment.approved": {
    title: "the provider takes the money, also of a payment that was given up",
    orderState: "reserved",
    isReady: () => true,
    isDone: () => false,
    how: (context) => {
      const payment = unapproved(context);
      if (payment) return `the provider approves payment ${payment.id}`;
      return ORDER_STEPS.approve_payment?.how(context) ?? "";
    },
    act: async (context, deps) => {
      const payment = unapproved(context);
      if (payment) return approve(payment, deps);
      if (context.order.state === "reserved")
        return ORDER_STEPS.approve_payment?.act(context, deps);
      throw new MktError("illegal_transition", `order ${context.order.id} has no such payment`, {
        hint: `mkt order show ${context.order.id}`,
      });
    },
  },
  "payment.charged_back": {
    title: "the buyer's bank takes the money back",
    orderState: "paid",
    isReady: (context) => captured(context) !== undefined,
    isDone: ({ payments }) => payments.some(({ state }) => state === "charged_back"),
    how: (context) => `the bank takes the payment ${captured(context)?.id ?? ""} back`,
    act: async (context, deps) => {
      const payment = captured(context);
      await deps.simulators.chargeBackPayment(providerId(payment, "payment"));
      await settlePayment(payment?.id ?? "", deps);
    },
  },
  "shipment.lost": parcelStep("the carrier loses the parcel", "loseShipment", "lost", ["shipped"]),
  "shipment.not_delivered": parcelStep(
    "the carrier cannot deliver the parcel",
    "failDelivery",
    "not_delivered",
    ["shipped"],
  ),
  "shipment.returned": parcelStep(
    "the parcel comes back to the seller",
    "returnShipment",
    "returned",
    ["shipped", "not_delivered"],
  ),
};

type CarrierVerb = "deliverShipment" | "failDelivery" | "loseShipment" | "returnShipment";

function parcelStep(
  title: string,
  verb: CarrierVerb,
  to: string,
  from: readonly string[],
): ThingStep {
  return {
    title,
    orderState: "shipped",
    isReady: ({ shipment }) => from.includes(shipment?.state ?? ""),
    isDone: ({ shipment }) => shipment?.state === to,
    how: () => title,
    act: (context, deps) => byCarrier(verb, context, deps),
  };
}

function carrierStep(what: string, verb: CarrierVerb): Step {
  return {
    how: () => `the carrier ${what}`,
    act: (context, deps) => byCarrier(verb, context, deps),
  };
}

async function byCarrier(
  verb: CarrierVerb,
  { shipment }: StepContext,
  deps: Deps,
): Promise<unknown> {
  await deps.simulators[verb](providerId(shipment, "shipment"));
  return settleShipment(shipment?.id ?? "", deps);
}

async function shipAndScan(context: StepContext, deps: Deps): Promise<void> {
  const { order } = context;
  const actor = await as(order.sellerId ?? order.buyerId, context, deps);
  const shipment = await ship({ actor, order: order.id }, deps);
  if (shipment.state !== "ready_to_ship") return;
  try {
    await deps.simulators.scanShipment(providerId(shipment, "shipment"));
  } catch (error) {
    // The carrier was faster.
    if (!hasCode(error, "illegal_transition")) throw error;
  }
  await settleShipment(shipment.id, deps);
}

/** The provider takes the whole amount, and we learn it at once. */
async function approve(payment: Payment, deps: Deps): Promise<void> {
  const current = (await settlePayment(payment.id, deps)) ?? payment;
  if (current.state !== "approved")
    await deps.simulators.approvePayment(providerId(current, "payment"));
  await settlePayment(payment.id, deps);
}

function openPayment({ payments }: StepContext): Payment | undefined {
  return payments.find(({ providerId, state }) => {
    return providerId !== null && ["in_process", "authorized"].includes(state);
  });
}

/** The newest payment whose money the provider has not taken. */
function unapproved({ payments }: StepContext): Payment | undefined {
  return payments.findLast(({ providerId, state }) => {
    return (
      providerId !== null && ["in_process", "authorized", "rejected", "cancelled"].includes(state)
    );
  });
}

/** The payment whose money can be taken back. */
function captured({ payments }: StepContext): Payment | undefined {
  return payments.find(({ state, late }) => {
    return !late && ["approved", "partially_refunded", "in_mediation"].includes(state);
  });
}

function providerId(thing: { id: string; providerId: string | null } | undefined, what: string) {
  if (thing?.providerId) return thing.providerId;
  throw new MktError("illegal_transition", `the provider knows of no ${what} of this order`);
}

/** The operator acts for a party of the order, which the audit log keeps. */
async function as(
  userId: string,
  { actor, order }: StepContext,
  { sessions, now }: Deps,
): Promise<Actor> {
  await sessions.recordActingFor(actor.userId, userId, `trigger ${order.id}`, REASON, now());
  return { userId, roles: [], operatorId: actor.userId };
}
