import {
  anyone,
  leftMinor,
  type OrderFacts,
  type PaymentFacts,
  parties,
  type RefundFacts,
  type ShipmentFacts,
  type Standing,
  sumOf,
  trigger,
} from "./order-facts.ts";
import { cancelling, ORDER_RULES, refunding, sendingAgain } from "./order-rules.ts";

type RuleOf<T> = (thing: T, facts: OrderFacts) => Standing;

/** What stands between a payment and each event of the transition table. */
export const PAYMENT_RULES: Readonly<Record<string, RuleOf<PaymentFacts>>> = {
  process: atProvider,
  authorize: (payment, facts) => {
    if (payment.capture) return { blockedBy: "it is to be taken, not only authorized" };
    return atProvider(payment, facts);
  },
  approve: (payment, facts) => {
    const { id, state, capture, nextActionUrl, cardBrand } = payment;
    if (state === "authorized")
      return { command: { line: `mkt payment capture ${id}`, by: parties } };
    if (!capture) return { blockedBy: "it is authorized first" };
    if (state === "created") return atProvider(payment, facts);
    if (nextActionUrl !== null && cardBrand !== "ticket")
      return { command: { line: `mkt payment confirm ${id}`, by: ["buyer"] } };
    return { command: trigger("payment.approved", facts) };
  },
  reject: atProvider,
  cancel: ({ deadlineAt }, facts) => {
    return { command: cancelling(facts).command, dueAt: deadlineAt ?? undefined };
  },
  approve_late: (_, facts) => ({ command: trigger("payment.approved", facts) }),
  refund_part: (payment, facts) => {
    const { order } = facts;
    if (underWay(payment, facts).some((refund) => !isRest(payment, refund, facts))) return {};
    const blockedBy = "no refund of a part of it is under way";
    const { command } =
      order.state === "disputed"
        ? (ORDER_RULES.settle_dispute?.(facts) ?? {})
        : refunding(facts, " --amount AMOUNT");
    const isPossible = order.state !== "reserved" && order.state !== "refunded";
    return { blockedBy, command: isPossible ? command : undefined };
  },
  refund: (payment, facts) => {
    if (underWay(payment, facts).some((refund) => isRest(payment, refund, facts))) return {};
    return { blockedBy: "no refund of all of it is under way", command: wayToRefund(facts) };
  },
  mediate: heldMoney,
  win_mediation: () => ({}),
  charge_back: (payment, facts) => ({
    ...heldMoney(payment, facts),
    command: trigger("payment.charged_back", facts),
  }),
  win_chargeback: ({ chargeback }) =>
    chargeback === "lost" ? { blockedBy: "the bank has decided for the buyer" } : {},
};

/** What stands between a refund and each event of the transition table. */
export const REFUND_RULES: Readonly<Record<string, RuleOf<RefundFacts>>> = {
  accept: () => ({}),
  succeed: () => ({}),
  fail: () => ({}),
  request: ({ paymentId }, { order, payments }) => {
    const line =
      order.state === "cancelled"
        ? `mkt order cancel ${order.id}`
        : `mkt payment refund ${paymentId}`;
    const command = { line, by: ["staff"] } as const;
    const isTaken = payments.some(({ id, state }) => id === paymentId && state === "charged_back");
    return { command, ...(isTaken && { blockedBy: "its payment is charged back" }) };
  },
};

/** What stands between a shipment and each event of the transition table. */
export const SHIPMENT_RULES: Readonly<Record<string, RuleOf<ShipmentFacts>>> = {
  prepare: (_, facts) => sendable(facts, ""),
  label: (_, facts) => sendable(facts, ""),
  scan: ({ voided }, facts) => {
    const { command, blockedBy } = sendable(facts, " --handed-over");
    if (voided) return { ...sendable(facts, ""), blockedBy: "its label is void at the carrier" };
    // What the carrier scans is on its way, whatever became of its order.
    return blockedBy === undefined ? { command } : {};
  },
  deliver: (_, facts) => ({ command: trigger("order.delivered", facts) }),
  fail_delivery: (_, facts) => ({ command: trigger("shipment.not_delivered", facts) }),
  lose: (_, facts) => ({ command: trigger("shipment.lost", facts) }),
  send_again: (_, facts) => {
    const { state } = facts.order;
    if (state !== "not_delivered") return { blockedBy: `its order is ${state}` };
    return sendingAgain(facts);
  },
  return: (_, facts) => ({ command: trigger("shipment.returned", facts) }),
  cancel: ({ providerId, voided }, facts) => {
    const standing = cancelling(facts);
    // The carrier may void a label that it sold.
    return providerId !== null && voided ? { command: standing.command } : standing;
  },
};

/** What the provider does as soon as it has the payment. */
function atProvider({ providerId }: PaymentFacts, { order }: OrderFacts): Standing {
  if (providerId !== null) return {};
  const line = `mkt pay ${order.id} --card TOKEN`;
  return { blockedBy: "the provider does not have it", command: { line, by: ["buyer"] } };
}

/** Whether there is money left that a bank could ask for. */
function heldMoney(payment: PaymentFacts, facts: OrderFacts): Standing {
  return leftMinor(payment, facts) > 0 ? {} : { blockedBy: "all of it is given back" };
}

function underWay({ id }: PaymentFacts, { refunds }: OrderFacts): RefundFacts[] {
  return refunds.filter(({ paymentId, state }) => {
    return paymentId === id && ["requested", "pending"].includes(state);
  });
}

/** Whether the whole payment is given back when this refund succeeds. */
function isRest(
  { id, amountMinor }: PaymentFacts,
  refund: RefundFacts,
  { refunds }: OrderFacts,
): boolean {
  const done = refunds.filter(({ paymentId, state }) => paymentId === id && state === "succeeded");
  return sumOf([...done, refund]) >= amountMinor;
}

/** How all that is left is given back, which depends on where the order stands. */
function wayToRefund(facts: OrderFacts): Standing["command"] {
  const { id, state } = facts.order;
  switch (state) {
    case "paid":
      return { line: `mkt order cancel ${id}`, by: anyone };
    case "shipped":
      return ORDER_RULES.dispute?.(facts).command;
    default:
      return ORDER_RULES.refund?.(facts).command;
  }
}

function sendable(facts: OrderFacts, options: string): Standing {
  const { id, state } = facts.order;
  const line = `mkt ship ${id}${options}`;
  if (["paid", "not_delivered"].includes(state)) return { command: { line, by: parties } };
  return { blockedBy: `its order is ${state.replaceAll("_", " ")}` };
}
