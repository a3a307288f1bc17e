import {
  disputeEvent,
  orderEvent,
  paymentEvent,
  refundEvent,
  reviewEvent,
  type SaleEvent,
  shipmentEvent,
} from "../event-data.ts";
import type { IdMaker } from "../ids.ts";
import {
  captureAmounts,
  LEDGER_ACCOUNTS,
  type LedgerAmounts,
  refundGrantedAmounts,
  refundPaidAmounts,
} from "../ledger.ts";
import { shareOf } from "../money.ts";
import {
  COMPLETION_DAYS,
  DISPATCH_DAYS,
  daysAfter,
  LATE_DELIVERY_DAYS,
  minutesAfter,
  PAYMENT_DEADLINE_MINUTES,
  RESERVATION_MINUTES,
} from "../order.ts";
import { type Machine, nextState } from "../transitions.ts";
import type {
  DisputeRow,
  OrderLineRow,
  OrderRow,
  PastRows,
  PaymentRow,
  RefundRow,
  ShipmentRow,
} from "./rows.ts";

/** A line of an order that was: money in minor units. */
export interface PastLine {
  publicationId: string;
  publicationVersion: number;
  quantity: number;
  unitPriceMinor: number;
  shippingMinor: number;
  feeBps: number;
  externalId: string | null;
}

export interface PastOrderFacts {
  purchaseId: string;
  buyerId: string;
  /** Null only when there are no lines: then no money moves. */
  sellerId: string | null;
  currency: string;
  lines: readonly PastLine[];
  externalId: string | null;
  sourceStatus: string | null;
  flags: readonly string[];
  estimatedDeliveryAt: string | null;
}

/** When something happened, and whether its source said so or it was inferred; by default it did. */
export interface Moment {
  at: string;
  inferred?: boolean;
}

export interface PastCard {
  brand: string;
  lastFour: string;
  /** The provider's fingerprint of the card. */
  instrument: string;
}

export interface PastOrder {
  readonly order: Readonly<OrderRow>;
  readonly lines: readonly OrderLineRow[];
  /** A payment that is not decided yet: it was made when the order was placed, or when it says. */
  openPayment(moment: Moment, card?: PastCard): void;
  /** The provider refused the open payment, or a new one. */
  decline(moment: Moment, reason: string, card?: PastCard): void;
  /** The provider approved the open payment, or a new one, made when the order was placed. */
  pay(moment: Moment, card?: PastCard): void;
  expire(moment: Moment): void;
  /** Stock back, shipment cancelled, all money refunded; `event` is `cancel` or the timer's `miss_dispatch`. */
  cancel(moment: Moment, actor: string, event?: "cancel" | "miss_dispatch"): void;
  /** The label is bought. */
  label(moment: Moment, carrier?: string | null, trackingCode?: string | null): void;
  /** The carrier has the parcel; buys the label when there is none. */
  handOver(moment: Moment, actor?: string): void;
  deliver(moment: Moment): void;
  /** The carrier could not deliver (`fail_delivery`) or lost it (`lose`). */
  fail(moment: Moment, how: "fail_delivery" | "lose"): void;
  /** After a failure the same parcel goes out again. */
  sendAgain(moment: Moment): void;
  /** One line's review; the order completes when all conform, and is disputed when this one does not. */
  review(
    moment: Moment,
    lineIndex: number,
    said: { conforms: boolean; rating: number; text: string },
  ): void;
  dispute(moment: Moment, reason: DisputeRow["reason"], actor: string, note: string): void;
  /** Staff decide the dispute: dismissed, or so much is refunded (null: all that is left). */
  resolve(
    moment: Moment,
    actor: string,
    how: "dismiss" | { refundMinor: number | null },
    note: string,
  ): void;
  /** Staff give everything back. */
  refundAll(moment: Moment, actor: string, reason: string): void;
  /** Does what the timers would have done until a time, each at its own time. */
  playTimers(until: string): void;
  flag(flag: string): void;
  /** Times that the source gives of steps that an order without lines cannot take. */
  keepTimes(times: { shippedAt: string | null; deliveredAt: string | null }): void;
}

const PAYMENTS = "provider:payments";
const SHIPPING = "provider:shipping";
const TIMER = "timer";
const REACHED = { paid: "paidAt", shipped: "shippedAt", delivered: "deliveredAt" } as const;

/**
 * An order's past, told step by step: each step is one of the table of transitions, refused with
 * `illegal_transition` where a live order could not take it, and adds the rows that the live operation would
 * write. The order is placed when it is made. Times may go back where a source says so.
 */
export function pastOrder(
  facts: PastOrderFacts,
  placed: Moment,
  rows: PastRows,
  newId: IdMaker,
  { synthesised = true } = {},
): PastOrder {
  const linesMinor = sum(facts.lines.map((line) => line.quantity * line.unitPriceMinor));
  const shippingMinor = sum(facts.lines.map((line) => line.shippingMinor));
  const order: OrderRow = {
    id: newId(placed.at),
    purchaseId: facts.purchaseId,
    buyerId: facts.buyerId,
    sellerId: facts.sellerId,
    state: "reserved",
    linesMinor,
    shippingMinor,
    totalMinor: linesMinor + shippingMinor,
    feeMinor: sum(
      facts.lines.map((line) => shareOf(line.quantity * line.unitPriceMinor, line.feeBps)),
    ),
    currency: facts.currency,
    flags: [...facts.flags],
    revision: 1,
    reservedUntil: minutesAfter(placed.at, RESERVATION_MINUTES),
    estimatedDeliveryAt: facts.estimatedDeliveryAt,
    paidAt: null,
    shippedAt: null,
    deliveredAt: null,
    externalId: facts.externalId,
    sourceStatus: facts.sourceStatus,
    inferred: placed.inferred ? ["placed"] : [],
    createdAt: placed.at,
    changedAt: placed.at,
  };
  const lines = facts.lines.map(
    (line, index): OrderLineRow => ({
      id: newId(placed.at),
      orderId: order.id,
      lineNumber: index + 1,
      publicationId: line.publicationId,
      publicationVersion: line.publicationVersion,
      quantity: line.quantity,
      unitPriceMinor: line.unitPriceMinor,
      feeBps: line.feeBps,
      externalId: line.externalId,
      shippingMinor: line.shippingMinor,
    }),
  );
  let payment: PaymentRow | undefined;
  let shipment: ShipmentRow | undefined;
  let dispute: DisputeRow | undefined;
  let grantedMinor = 0;
  const reviewed = new Map<string, boolean>();

  const record = (event: SaleEvent, actor: string, { at }: Moment) => {
    // Not by spreading: a history has events by the million.
    rows.event.push({
      type: event.type,
      subjectKind: event.subjectKind,
      subjectId: event.subjectId,
      revision: event.revision,
      actor,
      occurredAt: at,
      data: event.data,
      personal: event.personal ?? null,
    });
  };
  const step = (
    machine: Machine,
    subjectId: string,
    [event, fromState, toState]: readonly [string, string | null, string],
    actor: string,
    { at, inferred = false }: Moment,
  ) => {
    const id = newId(at);
    rows.transition.push({
      id,
      machine,
      subjectId,
      event,
      fromState,
      toState,
      actor,
      at,
      inferred,
    });
  };
  const move = (event: string, actor: string, moment: Moment) => {
    const from = order.state;
    const to = nextState("order", order.id, from, event);
    order.state = to;
    order.changedAt = moment.at;
    order.revision += 1;
    const reached = REACHED[to as keyof typeof REACHED];
    if (reached !== undefined) {
      order[reached] = moment.at;
      order.inferred = order.inferred.filter((name) => name !== to);
      if (moment.inferred) order.inferred.push(to);
    }
    step("order", order.id, [event, from, to], actor, moment);
    record(orderEvent(order, lines), actor, moment);
  };
  const moveStock = (delta: 1 | -1, reason: "reserved" | "released", at: string) => {
    for (const { id, publicationId, quantity } of lines)
      rows.stockMovement.push({
        id: newId(at),
        publicationId,
        delta: delta * quantity,
        reason,
        orderLineId: id,
        at,
      });
  };
  const post = (kind: string, amounts: LedgerAmounts, { at }: Moment, refundId: string | null) => {
    const { sellerId } = order;
    if (!payment || sellerId === null) return;
    const postingId = newId(at);
    for (const account of LEDGER_ACCOUNTS) {
      const amountMinor = amounts[account] ?? 0;
      if (amountMinor === 0) continue;
      const { id: paymentId, currency } = payment;
      const about = { sellerId, orderId: order.id, paymentId, refundId };
      rows.ledgerEntry.push({
        id: newId(at),
        postingId,
        kind,
        account,
        ...about,
        amountMinor,
        currency,
        at,
      });
    }
  };

  const movePayment = (event: string, moment: Moment, reason: string | null = null) => {
    if (!payment) return;
    const from = payment.state;
    payment.state = nextState("payment", payment.id, from, event);
    payment.changedAt = moment.at;
    payment.revision += 1;
    payment.reason = reason ?? payment.reason;
    step("payment", payment.id, [event, from, payment.state], PAYMENTS, moment);
    record(paymentEvent(payment), PAYMENTS, moment);
  };
  const openPayment = (moment: Moment, card?: PastCard) => {
    const { at } = moment;
    payment = {
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
    const buyer = `user:${order.buyerId}`;
    rows.payment.push(payment);
    step("payment", payment.id, ["create", null, "created"], buyer, moment);
    record(paymentEvent(payment), buyer, moment);
  };
  const hasOpenPayment = () => payment?.state === "created";
  const requireOpen = (moment: Moment, card?: PastCard) => {
    if (!hasOpenPayment()) openPayment(moment, card);
  };

  /** Grants a refund and gives it back at once. */
  const giveBack = (wanted: number | null, reason: string, actor: string, moment: Moment) => {
    if (!payment || payment.state === "rejected" || hasOpenPayment()) return 0;
    const amountMinor = wanted ?? payment.amountMinor - grantedMinor;
    if (amountMinor === 0) return 0;
    const { at } = moment;
    const refund: RefundRow = {
      id: newId(at),
      paymentId: payment.id,
      state: "requested",
      amountMinor,
      reason,
      providerId: null,
      revision: 1,
      createdAt: at,
      changedAt: at,
    };
    rows.refund.push(refund);
    const subject = payment;
    const paid = { amountMinor: payment.amountMinor, feeMinor: order.feeMinor };
    step("refund", refund.id, ["request", null, "requested"], actor, moment);
    record(refundEvent(refund, subject), actor, moment);
    post(
      "refund_requested",
      refundGrantedAmounts(paid, grantedMinor, amountMinor),
      moment,
      refund.id,
    );
    grantedMinor += amountMinor;
    for (const event of ["accept", "succeed"]) {
      const from = refund.state;
      refund.state = nextState("refund", refund.id, from, event);
      refund.revision += 1;
      step("refund", refund.id, [event, from, refund.state], PAYMENTS, moment);
      record(refundEvent(refund, subject), PAYMENTS, moment);
    }
    post("refunded", refundPaidAmounts(amountMinor), moment, refund.id);
    movePayment(grantedMinor === payment.amountMinor ? "refund" : "refund_part", moment);
    return amountMinor;
  };

  const moveShipment = (event: string, actor: string, moment: Moment) => {
    if (!shipment) return;
    const from = shipment.state;
    shipment.state = nextState("shipment", shipment.id, from, event);
    shipment.changedAt = moment.at;
    shipment.revision += 1;
    step("shipment", shipment.id, [event, from, shipment.state], actor, moment);
    record(shipmentEvent(shipment), actor, moment);
  };
  const makeShipment = (moment: Moment) => {
    const { at } = moment;
    shipment = {
      id: newId(at),
      orderId: order.id,
      state: "pending",
      providerId: null,
      carrier: null,
      trackingCode: null,
      labelUrl: null,
      estimatedDeliveryAt: null,
      revision: 1,
      createdAt: at,
      changedAt: at,
      restockedAt: null,
      synthesised: false,
    };
    rows.shipment.push(shipment);
    step("shipment", shipment.id, ["create", null, "pending"], PAYMENTS, moment);
    record(shipmentEvent(shipment), PAYMENTS, moment);
  };
  const cancelShipment = (actor: string, moment: Moment) => {
    if (shipment && ["pending", "handling", "ready_to_ship"].includes(shipment.state))
      moveShipment("cancel", actor, moment);
  };

  rows.order.push(order);
  rows.orderLine.push(...lines);
  moveStock(-1, "reserved", placed.at);
  const buyer = `user:${order.buyerId}`;
  step("order", order.id, ["place", null, "reserved"], buyer, placed);
  record(orderEvent(order, lines), buyer, placed);

  const past: PastOrder = {
    order,
    lines,
    openPayment,
    decline: (moment, reason, card) => {
      requireOpen(moment, card);
      movePayment("reject", moment, reason);
    },
    pay: (moment, card) => {
      if (order.sellerId !== null) {
        requireOpen({ ...placed, inferred: true }, card);
        if (payment && payment.deadlineAt < moment.at) payment.deadlineAt = moment.at;
        movePayment("approve", moment);
        const captured = { amountMinor: order.totalMinor, late: false };
        post("captured", captureAmounts(captured, order.feeMinor), moment, null);
      }
      move("approve_payment", PAYMENTS, moment);
      if (order.sellerId !== null) makeShipment(moment);
    },
    expire: (moment) => {
      if (hasOpenPayment()) movePayment("cancel", moment, "it was not paid in time");
      move("expire", TIMER, moment);
      moveStock(1, "released", moment.at);
    },
    cancel: (moment, actor, event = "cancel") => {
      if (hasOpenPayment()) movePayment("cancel", moment, "the order was cancelled");
      move(event, actor, moment);
      moveStock(1, "released", moment.at);
      cancelShipment(actor, moment);
      giveBack(null, "the order was cancelled", actor, moment);
    },
    label: (moment, carrier = null, trackingCode = null) => {
      const seller = `user:${order.sellerId}`;
      moveShipment("prepare", seller, moment);
      if (!shipment) return;
      shipment.synthesised = synthesised;
      shipment.carrier = carrier;
      shipment.trackingCode = trackingCode;
      shipment.estimatedDeliveryAt = order.estimatedDeliveryAt;
      moveShipment("label", SHIPPING, moment);
    },
    handOver: (moment, actor = SHIPPING) => {
      if (shipment?.state === "pending") past.label({ ...moment, inferred: true });
      moveShipment("scan", actor, moment);
      move("hand_over", actor, moment);
    },
    deliver: (moment) => {
      moveShipment("deliver", SHIPPING, moment);
      move("deliver", SHIPPING, moment);
    },
    fail: (moment, how) => {
      moveShipment(how, SHIPPING, moment);
      move("fail_delivery", SHIPPING, moment);
    },
    sendAgain: (moment) => {
      moveShipment("send_again", SHIPPING, moment);
      move("send_again", SHIPPING, moment);
    },
    review: (moment, lineIndex, { conforms, rating, text }) => {
      const line = lines[lineIndex];
      if (!line) throw new RangeError(`order ${order.id} has no line ${lineIndex + 1}`);
      const { at } = moment;
      const review = {
        id: newId(at),
        orderLineId: line.id,
        orderId: order.id,
        publicationId: line.publicationId,
        authorId: order.buyerId,
        conforms,
        rating,
        createdAt: at,
      };
      rows.review.push(review);
      record(reviewEvent(review, order.sellerId, text), buyer, moment);
      reviewed.set(line.id, conforms);
      if (!conforms && order.state === "delivered")
        past.dispute(moment, "not_as_described", buyer, text);
      const isDone = reviewed.size === lines.length && [...reviewed.values()].every(Boolean);
      if (isDone && order.state === "delivered") move("complete", buyer, moment);
    },
    dispute: (moment, reason, actor, note) => {
      const { at } = moment;
      dispute = {
        id: newId(at),
        orderId: order.id,
        orderLineId: null,
        state: "open",
        reason,
        openedBy: actor,
        resolvedBy: null,
        refundedMinor: null,
        revision: 1,
        createdAt: at,
        changedAt: at,
      };
      rows.dispute.push(dispute);
      step("dispute", dispute.id, ["open", null, "open"], actor, moment);
      record(disputeEvent(dispute, note), actor, moment);
      move("dispute", actor, moment);
    },
    resolve: (moment, actor, how, note) => {
      if (!dispute || !payment) throw new RangeError(`order ${order.id} is not disputed`);
      const left = payment.amountMinor - grantedMinor;
      const wanted = how === "dismiss" ? 0 : (how.refundMinor ?? left);
      const isWhole = wanted === left;
      const from = dispute.state;
      const event = how === "dismiss" ? "dismiss" : isWhole ? "refund" : "refund_part";
      dispute.state = nextState("dispute", dispute.id, from, event);
      dispute.resolvedBy = actor;
      dispute.refundedMinor = wanted || null;
      dispute.changedAt = moment.at;
      dispute.revision += 1;
      step("dispute", dispute.id, [event, from, dispute.state], actor, moment);
      record(disputeEvent(dispute, note), actor, moment);
      move(
        how === "dismiss" ? "dismiss_dispute" : isWhole ? "refund" : "settle_dispute",
        actor,
        moment,
      );
      if (wanted > 0) giveBack(wanted, note, actor, moment);
    },
    refundAll: (moment, actor, reason) => {
      move("refund", actor, moment);
      cancelShipment(actor, moment);
      giveBack(null, reason, actor, moment);
    },
    playTimers: (until) => {
      // A timer's own time follows from the table, not from the source; what came last may have come later.
      const due = (from: string, days: number) => {
        const [, at = order.changedAt] = [daysAfter(from, days), order.changedAt].sort();
        return at <= until ? { at, inferred: true } : undefined;
      };
      if (order.state === "reserved") {
        const at = hasOpenPayment() ? (payment?.deadlineAt ?? "") : order.reservedUntil;
        if (at <= until) past.expire({ at, inferred: true });
      }
      if (order.state === "paid" && order.paidAt !== null) {
        const moment = due(order.paidAt, DISPATCH_DAYS);
        if (moment) past.cancel(moment, TIMER, "miss_dispatch");
      }
      if (order.state === "shipped") {
        const moment = due(
          order.estimatedDeliveryAt ?? order.shippedAt ?? order.createdAt,
          LATE_DELIVERY_DAYS,
        );
        if (moment) move("fail_delivery", TIMER, moment);
      }
      if (order.state === "delivered" && order.deliveredAt !== null) {
        const moment = due(order.deliveredAt, COMPLETION_DAYS);
        if (moment) move("complete", TIMER, moment);
      }
    },
    flag: (flag) => {
      if (!order.flags.includes(flag)) order.flags.push(flag);
    },
    keepTimes: ({ shippedAt, deliveredAt }) => {
      order.shippedAt = shippedAt;
      order.deliveredAt = deliveredAt;
    },
  };
  return past;
}

const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);
