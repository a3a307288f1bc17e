import { COMPLETION_DAYS, DISPATCH_DAYS, daysAfter, LATE_DELIVERY_DAYS } from "./order.ts";
import {
  anyone,
  atTime,
  leftMinor,
  moveClock,
  type OrderFacts,
  openPayment,
  parties,
  refundablePayment,
  type Standing,
  trigger,
} from "./order-facts.ts";

type Rule = (facts: OrderFacts) => Standing;

/** What stands between an order and each event of the transition table. */
export const ORDER_RULES: Readonly<Record<string, Rule>> = {
  approve_payment: (facts) => {
    const payment = openPayment(facts);
    const pay = { line: `mkt pay ${facts.order.id} --card TOKEN`, by: ["buyer"] } as const;
    if (!payment) return { blockedBy: "no open payment", command: pay };
    const { id, state, nextActionUrl, cardBrand } = payment;
    const blockedBy = `payment ${id} is ${state.replaceAll("_", " ")}`;
    if (state === "created") return { blockedBy, command: pay };
    if (state === "authorized") {
      return { blockedBy, command: { line: `mkt payment capture ${id}`, by: parties } };
    }
    if (nextActionUrl === null || cardBrand === "ticket") {
      return { blockedBy, command: trigger("payment.approved", facts) };
    }
    return { blockedBy, command: { line: `mkt payment confirm ${id}`, by: ["buyer"] } };
  },

  expire: (facts) => {
    const { order, now } = facts;
    const payment = openPayment(facts);
    if (!payment) return atTime(order.reservedUntil, facts);
    const { id, createdAt, deadlineAt, state } = payment;
    const blockedBy = `payment ${id} is open (${state.replaceAll("_", " ")})`;
    if (deadlineAt === null) return { blockedBy };
    // The reservation's time stands still as long as the payment is open.
    const left = Date.parse(order.reservedUntil) - Date.parse(createdAt);
    const dueAt = new Date(Date.parse(deadlineAt) + Math.max(0, left)).toISOString();
    return { blockedBy, dueAt, command: moveClock(dueAt, now) };
  },

  cancel: (facts) => cancelling(facts),

  miss_dispatch: (facts) => {
    const { blockedBy } = cancelling(facts);
    if (blockedBy !== undefined) return { blockedBy };
    const { paidAt, changedAt } = facts.order;
    return atTime(daysAfter(paidAt ?? changedAt, DISPATCH_DAYS), facts);
  },

  hand_over: ({ order, shipments }) => {
    const line = `mkt ship ${order.id}`;
    const latest = shipments.at(-1);
    if (latest?.voided)
      return { blockedBy: "its label is void at the carrier", command: { line, by: parties } };
    if (latest?.state === "ready_to_ship")
      return { command: { line: `${line} --handed-over`, by: parties } };
    return { blockedBy: "it has no label yet", command: { line, by: parties } };
  },

  deliver: (facts) => {
    const { order, shipments } = facts;
    const latest = shipments.at(-1);
    if (latest?.state === "shipped" || latest?.state === "not_delivered")
      return { command: trigger("order.delivered", facts) };
    if (order.state === "paid") {
      const handOver = ORDER_RULES.hand_over?.(facts);
      return { blockedBy: "the carrier does not have it", command: handOver?.command };
    }
    return { ...sendingAgain(facts), blockedBy: whereIs(latest?.state) };
  },

  fail_delivery: (facts) => {
    const { estimatedDeliveryAt, shippedAt, changedAt } = facts.order;
    const due = daysAfter(estimatedDeliveryAt ?? shippedAt ?? changedAt, LATE_DELIVERY_DAYS);
    const { dueAt } = atTime(due, facts);
    return { dueAt, command: trigger("order.not_delivered", facts) };
  },

  send_again: (facts) => sendingAgain(facts),

  complete: (facts) => {
    const { order, reviewedLines, now } = facts;
    const due = daysAfter(order.deliveredAt ?? order.changedAt, COMPLETION_DAYS);
    const { dueAt } = atTime(due, facts);
    const open = order.lines.filter(({ id }) => !reviewedLines.includes(id));
    const [first, ...others] = open;
    if (!first) return atTime(due, facts);
    const line = `mkt review ${order.id} --line ${first.lineNumber} --conforms --rating 5`;
    const command = { line, by: ["buyer"] } as const;
    // The review of the last line is what completes it.
    if (others.length === 0 || (dueAt && now >= dueAt)) return { dueAt, command };
    const numbers = open.map(({ lineNumber }) => lineNumber).join(", ");
    return { dueAt, command, blockedBy: `lines ${numbers} are not reviewed` };
  },

  dispute: ({ order, notDisputable }) => {
    if (notDisputable !== undefined) return { blockedBy: notDisputable };
    const why = order.deliveredAt === null ? "--not-received" : "--not-as-described";
    const line = `mkt dispute open ${order.id} ${why} --note TEXT`;
    return { command: { line, by: ["buyer", "staff"] } };
  },

  dismiss_dispute: (facts) => DISPUTE_RULES.dismiss?.(facts) ?? {},
  settle_dispute: (facts) => DISPUTE_RULES.refund_part?.(facts) ?? {},

  refund: (facts) => {
    if (facts.order.state === "disputed") return DISPUTE_RULES.refund?.(facts) ?? {};
    return refunding(facts, "");
  },
};

/** What stands between the open dispute of an order and each event of the transition table. */
export const DISPUTE_RULES: Readonly<Record<string, Rule>> = {
  dismiss: ({ order }) => {
    const line = `mkt dispute resolve ${order.id} --dismiss --note TEXT`;
    return { command: { line, by: ["staff"] } };
  },
  refund_part: (facts) => {
    const line = `mkt dispute resolve ${facts.order.id} --refund --amount AMOUNT`;
    return { ...noMoney(facts), command: { line, by: ["staff"] } };
  },
  refund: ({ order }) => {
    const line = `mkt dispute resolve ${order.id} --refund`;
    return { command: { line, by: ["staff"] } };
  },
};

/** Whether an order can be cancelled, which its shipment and its payment follow. */
export function cancelling({ order, shipments }: OrderFacts): Standing {
  const scanned = shipments.find(({ scannedAt }) => scannedAt !== null);
  const track = { line: `mkt shipment track ${scanned?.id}`, by: anyone };
  if (scanned)
    return { blockedBy: `the carrier has it since ${scanned.scannedAt}`, command: track };
  if (!["reserved", "paid"].includes(order.state)) {
    return { blockedBy: `its order is ${order.state.replaceAll("_", " ")}` };
  }
  return { command: { line: `mkt order cancel ${order.id}`, by: anyone } };
}

/** Whether a parcel that did not arrive can go out once more. */
export function sendingAgain({ order, shipments }: OrderFacts): Standing {
  const latest = shipments.at(-1);
  const ship = { line: `mkt ship ${order.id}`, by: parties };
  switch (latest?.state) {
    case "not_delivered":
      return { command: ship };
    case "ready_to_ship":
      return { command: { ...ship, line: `${ship.line} --handed-over` } };
    case "pending":
    case "handling":
      return { blockedBy: "its new parcel has no label yet", command: ship };
    case "lost":
    case "returned":
      if (latest.restockedAt !== null) return { blockedBy: "its goods are in stock again" };
      return { blockedBy: `the parcel ${wasOrCame(latest.state)}`, command: ship };
    default:
      return {
        blockedBy: `the carrier has it since ${latest?.changedAt}`,
        command: { line: `mkt shipment track ${latest?.id}`, by: anyone },
      };
  }
}

const wasOrCame = (state: string) => (state === "lost" ? "was lost" : "came back");

function whereIs(state: string | undefined): string {
  if (state === "lost" || state === "returned") return `the parcel ${wasOrCame(state)}`;
  return "the carrier does not have its new parcel";
}

/** Whether staff can give money of an order back; `options` follow the payment in the command. */
export function refunding(facts: OrderFacts, options: string): Standing {
  const payment = refundablePayment(facts);
  const line = `mkt payment refund ${payment?.id}${options}`;
  return { ...noMoney(facts), ...(payment && { command: { line, by: ["staff"] } }) };
}

function noMoney(facts: OrderFacts): Standing {
  if (facts.payments.some(({ state, late }) => state === "charged_back" && !late))
    return { blockedBy: "its payment is charged back: the bank decides over all of it" };
  const payment = refundablePayment(facts);
  if (!payment || leftMinor(payment, facts) <= 0)
    return { blockedBy: "all that was paid is refunded already" };
  return {};
}
