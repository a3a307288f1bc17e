import { paymentEvent, refundEvent } from "../event-data.ts";
import {
  captureAmounts,
  LEDGER_ACCOUNTS,
  type LedgerAmounts,
  refundGrantedAmounts,
  refundPaidAmounts,
} from "../ledger.ts";
import { minutesAfter, PAYMENT_DEADLINE_MINUTES } from "../order.ts";
import type { PaymentRow, RefundRow } from "./rows.ts";
import { addStep, type Moment, PAYMENTS, type Telling, takeStep, tell } from "./telling.ts";

export interface PastCard {
  brand: string;
  lastFour: string;
  /** The provider's fingerprint of the card. */
  instrument: string;
}

/** The payments of an order's past, their refunds and what the ledger makes of them. */
export interface PastMoney {
  open(moment: Moment, card?: PastCard): void;
  /** The deadline of the payment that is not decided yet; undefined: there is none. */
  openUntil(): string | undefined;
  reject(moment: Moment, reason: string, card?: PastCard): void;
  /** Approves the open payment, or one that was made when the order was placed. */
  approve(moment: Moment, placedAt: string, card?: PastCard): void;
  /** Ends the payment that is not decided yet, if there is one. */
  giveUp(moment: Moment, reason: string): void;
  /** What was captured and not granted back. */
  leftMinor(): number;
  /** Grants a refund (null: of all that is left) and gives it back at once. */
  giveBack(wantedMinor: number | null, reason: string, actor: string, moment: Moment): void;
}

export function pastMoney(telling: Telling): PastMoney {
  const { order, rows, newId } = telling;
  let payment: PaymentRow | undefined;
  let grantedMinor = 0;

  const isOpen = () => payment?.state === "created";
  const move = (event: string, moment: Moment, reason: string | null = null) => {
    if (!payment) return;
    payment.reason = reason ?? payment.reason;
    takeStep(telling, "payment", payment, event, PAYMENTS, moment);
    tell(telling, paymentEvent(payment), PAYMENTS, moment);
  };
  const open = (moment: Moment, card?: PastCard) => {
    payment = newPayment(telling, moment.at, card);
    const buyer = `user:${order.buyerId}`;
    rows.payment.push(payment);
    const { id: subjectId } = payment;
    const step = {
      machine: "payment",
      subjectId,
      event: "create",
      from: null,
      to: "created",
    } as const;
    addStep(telling, step, buyer, moment);
    tell(telling, paymentEvent(payment), buyer, moment);
  };
  const post = (kind: string, amounts: LedgerAmounts, { at }: Moment, refundId: string | null) => {
    const { sellerId, id: orderId } = order;
    if (!payment || sellerId === null) return;
    const { id: paymentId, currency } = payment;
    const about = { sellerId, orderId, paymentId, refundId, currency, at };
    const postingId = newId(at);
    for (const account of LEDGER_ACCOUNTS) {
      const amountMinor = amounts[account] ?? 0;
      if (amountMinor !== 0)
        rows.ledgerEntry.push({ id: newId(at), postingId, kind, account, amountMinor, ...about });
    }
  };
  const refundSteps = (refund: RefundRow, subject: PaymentRow, actor: string, moment: Moment) => {
    const { id: subjectId } = refund;
    const step = {
      machine: "refund",
      subjectId,
      event: "request",
      from: null,
      to: "requested",
    } as const;
    addStep(telling, step, actor, moment);
    tell(telling, refundEvent(refund, subject), actor, moment);
    for (const event of ["accept", "succeed"]) {
      takeStep(telling, "refund", refund, event, PAYMENTS, moment);
      tell(telling, refundEvent(refund, subject), PAYMENTS, moment);
    }
  };
  const isCaptured = () => payment !== undefined && payment.state !== "rejected" && !isOpen();

  return {
    open,
    openUntil: () => (isOpen() ? payment?.deadlineAt : undefined),
    reject: (moment, reason, card) => {
      if (!isOpen()) open(moment, card);
      move("reject", moment, reason);
    },
    approve: (moment, placedAt, card) => {
      if (!isOpen()) open({ at: placedAt, inferred: true }, card);
      if (payment && payment.deadlineAt < moment.at) payment.deadlineAt = moment.at;
      move("approve", moment);
      const captured = { amountMinor: order.totalMinor, late: false };
      post("captured", captureAmounts(captured, order.feeMinor), moment, null);
    },
    giveUp: (moment, reason) => {
      if (isOpen()) move("cancel", moment, reason);
    },
    leftMinor: () => (payment && isCaptured() ? payment.amountMinor - grantedMinor : 0),
    giveBack: (wantedMinor, reason, actor, moment) => {
      if (!payment || !isCaptured()) return;
      const { amountMinor: paidMinor } = payment;
      const amountMinor = wantedMinor ?? paidMinor - grantedMinor;
      if (amountMinor === 0) return;
      const refund = newRefund(telling, payment.id, { amountMinor, reason, at: moment.at });
      rows.refund.push(refund);
      refundSteps(refund, payment, actor, moment);
      const paid = { amountMinor: paidMinor, feeMinor: order.feeMinor };
      const granted = refundGrantedAmounts(paid, grantedMinor, amountMinor);
      post("refund_requested", granted, moment, refund.id);
      post("refunded", refundPaidAmounts(amountMinor), moment, refund.id);
      grantedMinor += amountMinor;
      move(grantedMinor === paidMinor ? "refund" : "refund_part", moment);
    },
  };
}

function newPayment(
  { order, newId, synthesised }: Telling,
  at: string,
  card?: PastCard,
): PaymentRow {
  return {
    id: newId(at),
    orderId: order.id,
    state: "created",
    amountMinor: order.totalMinor,
    currency: order.currency,
    cardToken: "-",
    providerId: null,
    reason: null,
    cardBrand: card?.brand ?? null,
    cardLastFour: card?.lastFour ?? null,
    instrument: card?.instrument ?? null,
    deadlineAt: minutesAfter(at, PAYMENT_DEADLINE_MINUTES),
    revision: 1,
    createdAt: at,
    changedAt: at,
    late: false,
    synthesised,
  };
}

function newRefund(
  { newId }: Telling,
  paymentId: string,
  { amountMinor, reason, at }: { amountMinor: number; reason: string; at: string },
): RefundRow {
  const states = { state: "requested", revision: 1, createdAt: at, changedAt: at };
  return { id: newId(at), paymentId, amountMinor, reason, providerId: null, ...states };
}
