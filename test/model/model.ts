import { DISPUTE_DAYS, daysAfter } from "../../src/domain/order.ts";
import type { Step } from "./steps.ts";

/** What the model knows of an order: what the buyer, the seller and staff were promised, and no more. */
export interface ModelOrder {
  id: string;
  buyer: number;
  publication: number;
  quantity: number;
  totalMinor: number;
  state: string;
  deliveredAt: string | null;
  reviewed: boolean | null;
}

/** How things stand at the providers and in our rows just before a step: facts, not expectations. */
export interface Standing {
  now: string;
  /** The payment that counts, or the open one; ours and the provider's. */
  payment:
    | {
        state: string;
        theirs: string | null;
        late: boolean;
        grantedMinor: number;
        /** A refund of it failed: it is owed, and may be asked for again. */
        owes: boolean;
        /** It waits for its buyer. */
        asks: boolean;
      }
    | undefined;
  shipment:
    | { state: string; theirs: string | null; restocked: boolean; scanned: boolean }
    | undefined;
}

/** What must come of a step: whether it is refused, and where the order may stand after it. */
export interface Expectation {
  outcome: "done" | "refused" | "either";
  states: readonly string[];
}

const done = (...states: string[]): Expectation => ({ outcome: "done", states });
const refused = (...states: string[]): Expectation => ({ outcome: "refused", states });
const either = (...states: string[]): Expectation => ({ outcome: "either", states });

const CAPTURED = ["approved", "partially_refunded", "in_mediation"];
const GOING_ON = ["paid", "shipped", "not_delivered", "delivered", "completed"];

function disputable(order: ModelOrder, now: string): boolean {
  if (["shipped", "not_delivered", "delivered"].includes(order.state)) return true;
  return (
    order.state === "completed" &&
    order.deliveredAt !== null &&
    now <= daysAfter(order.deliveredAt, DISPUTE_DAYS)
  );
}

/** Where the order stands once the provider's news of its payment is applied. */
function afterPaymentNews(order: ModelOrder, { payment, now }: Standing): string[] {
  const { state } = order;
  if (!payment || payment.state === payment.theirs) return [state];
  const wasOpen = ["created", "in_process", "authorized"].includes(payment.state);
  if (payment.theirs === "approved" && wasOpen && state === "reserved") return ["paid"];
  if (payment.theirs === "charged_back" && payment.state !== "charged_back" && !payment.late) {
    if (wasOpen && state === "reserved") return ["paid"];
    if (!wasOpen && disputable(order, now)) return ["disputed"];
  }
  return [state];
}

/** Where it stands once the carrier's news is applied. */
function afterShipmentNews(order: ModelOrder, standing: Standing): string[] {
  const { state } = order;
  const { shipment } = standing;
  if (!shipment || shipment.state === shipment.theirs || shipment.theirs === null) return [state];
  const moves: Record<string, Record<string, string[]>> = {
    shipped: { paid: ["shipped"], not_delivered: ["shipped"] },
    delivered: { paid: ["delivered"], shipped: ["delivered"], not_delivered: ["delivered"] },
    not_delivered: { paid: ["not_delivered"], shipped: ["not_delivered"] },
    lost: { paid: ["not_delivered"], shipped: ["not_delivered"] },
    returned: { paid: ["not_delivered"], shipped: ["not_delivered"] },
  };
  const next = moves[shipment.theirs]?.[state] ?? [state];
  return state === "paid" && isTaken(standing) ? next.map(() => "disputed") : next;
}

/** A bank took the payment back while the order could not be disputed: it is as soon as it may be. */
function isTaken({ payment }: Standing): boolean {
  return payment?.state === "charged_back" && !payment.late;
}

/** What must come of one step on one order. */
export function expectationOf(step: Step, order: ModelOrder, standing: Standing): Expectation {
  const { state } = order;
  const { payment, shipment, now } = standing;
  switch (step.kind) {
    case "pay": {
      const open =
        payment && ["created", "in_process", "authorized", "approved"].includes(payment.state);
      if (["cancelled", "expired", "refunded"].includes(state)) return refused(state);
      if (open) return either(state, ...afterPaymentNews(order, standing));
      if (state !== "reserved") return refused(state);
      return step.card === "nonsense" ? refused("reserved") : done("reserved", "paid");
    }
    case "confirm": {
      // Confirming again is no harm.
      if (!payment?.asks) return either(state, ...afterPaymentNews(order, standing));
      return either(state, "paid");
    }
    case "capture":
      if (payment?.state === "authorized" && payment.theirs === "authorized")
        return state === "reserved" ? done("paid") : either(state);
      return either(state, ...afterPaymentNews(order, standing));
    case "payment-webhook":
      return done(...afterPaymentNews(order, standing));
    case "shipment-webhook":
      return done(...afterShipmentNews(order, standing));
    case "cancel": {
      if (state === "cancelled") return done(state);
      if (state === "paid" && shipment?.scanned)
        return refused(...afterShipmentNews(order, standing), state);
      if (state === "reserved" || state === "paid") return done("cancelled");
      return refused(state);
    }
    case "ship": {
      if (["reserved", "expired", "cancelled"].includes(state)) return refused(state);
      const news = afterShipmentNews(order, standing);
      const sent = isTaken(standing) ? "disputed" : "shipped";
      if (state === "paid" && shipment?.theirs === null)
        return done(step.handedOver ? sent : "paid");
      if (state === "paid") return either("paid", sent, ...news);
      if (state === "not_delivered") return either("not_delivered", "shipped", ...news);
      return either(state, ...news);
    }
    case "restock":
      // Once is enough: saying it again changes nothing.
      return shipment?.state === "returned" ? done(state) : refused(state);
    case "review": {
      const may = ["delivered", "disputed", "completed"].includes(state);
      if (!may || order.deliveredAt === null || order.reviewed !== null) return refused(state);
      if (state === "delivered") return done(step.conforms ? "completed" : "disputed");
      if (state === "completed" && !step.conforms && disputable(order, now))
        return done("disputed");
      return done(state);
    }
    case "dispute": {
      if (!disputable(order, now)) return refused(state);
      if (step.received && order.deliveredAt === null) return refused(state);
      // What is reviewed was received.
      if (!step.received && order.reviewed !== null) return refused(state);
      return done("disputed");
    }
    case "resolve": {
      if (state !== "disputed") return refused(state);
      if (step.how === "refund") return done("refunded");
      if (step.how === "dismiss") return done("completed");
      const left = order.totalMinor - (payment?.grantedMinor ?? 0);
      // A part that is all that is left is the whole.
      if (left === PART_MINOR) return done("refunded");
      return payment?.state !== "charged_back" && left > PART_MINOR
        ? done("completed")
        : refused(state);
    }
    case "refund": {
      if (!payment || !CAPTURED.includes(payment.state)) return refused(state);
      if (step.whole && payment.owes) return done(state, "refunded");
      if (payment.late) return refused(state);
      const left = order.totalMinor - payment.grantedMinor;
      if (step.whole || left === PART_MINOR) {
        if (state === "not_delivered")
          return either("refunded", ...afterShipmentNews(order, standing));
        return ["delivered", "completed"].includes(state) ? done("refunded") : refused(state);
      }
      return GOING_ON.includes(state) && left > PART_MINOR ? done(state) : refused(state);
    }
    default:
      return done(state);
  }
}

/** What a refund in part gives back, as staff type it. */
export const PART = "5.00";
const PART_MINOR = 500;
