import { orderEvent } from "../event-data.ts";
import type { IdMaker } from "../ids.ts";
import { shareOf } from "../money.ts";
import {
  COMPLETION_DAYS,
  DISPATCH_DAYS,
  daysAfter,
  LATE_DELIVERY_DAYS,
  minutesAfter,
  RESERVATION_MINUTES,
} from "../order.ts";
import { pastComplaint } from "./past-complaint.ts";
import { type PastCard, pastMoney } from "./past-money.ts";
import { pastParcel } from "./past-parcel.ts";
import type { DisputeRow, OrderLineRow, OrderRow, PastRows } from "./rows.ts";
import {
  addStep,
  type Moment,
  PAYMENTS,
  SHIPPING,
  type Telling,
  TIMER,
  takeStep,
  tell,
} from "./telling.ts";

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
  /** The zone whose clocks its source told it by; null: the marketplace's. */
  timeZone: string | null;
  /** State or province that its parcel goes to; null or left out: unknown. */
  region?: string | null;
  flags: readonly string[];
  estimatedDeliveryAt: string | null;
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
  const order = newOrder(facts, placed, newId);
  const lines = newLines(facts, order, newId);
  const telling: Telling = { order, lines, rows, newId, synthesised };
  const money = pastMoney(telling);
  const parcel = pastParcel(telling);
  const complaint = pastComplaint(telling);
  const buyer = `user:${order.buyerId}`;
  place(telling, placed);

  const move = (event: string, actor: string, moment: Moment) =>
    moveOrder(telling, event, actor, moment);
  const past: PastOrder = {
    order,
    lines,
    openPayment: money.open,
    decline: money.reject,
    pay: (moment, card) => {
      // An order of nothing has nobody to pay.
      if (order.sellerId !== null) money.approve(moment, placed.at, card);
      move("approve_payment", PAYMENTS, moment);
      if (order.sellerId !== null) parcel.make(moment);
    },
    expire: (moment) => {
      money.giveUp(moment, "it was not paid in time");
      move("expire", TIMER, moment);
      moveStock(telling, 1, "released", moment.at);
    },
    cancel: (moment, actor, event = "cancel") => {
      money.giveUp(moment, "the order was cancelled");
      move(event, actor, moment);
      moveStock(telling, 1, "released", moment.at);
      parcel.cancel(actor, moment);
      money.giveBack(null, "the order was cancelled", actor, moment);
    },
    label: (moment, carrier = null, trackingCode = null) =>
      parcel.label(moment, carrier, trackingCode),
    handOver: (moment, actor = SHIPPING) => {
      parcel.label({ ...moment, inferred: true }, null, null);
      parcel.move("scan", actor, moment);
      move("hand_over", actor, moment);
    },
    deliver: (moment) => {
      parcel.move("deliver", SHIPPING, moment);
      move("deliver", SHIPPING, moment);
    },
    fail: (moment, how) => {
      parcel.move(how, SHIPPING, moment);
      move("fail_delivery", SHIPPING, moment);
    },
    sendAgain: (moment) => {
      parcel.move("send_again", SHIPPING, moment);
      move("send_again", SHIPPING, moment);
    },
    review: (moment, lineIndex, said) => {
      const allConform = complaint.review(moment, lineIndex, said);
      if (order.state !== "delivered") return;
      if (!said.conforms) past.dispute(moment, "not_as_described", buyer, said.text);
      else if (allConform) move("complete", buyer, moment);
    },
    dispute: (moment, reason, actor, note) => {
      complaint.open(moment, reason, actor, note);
      move("dispute", actor, moment);
    },
    resolve: (moment, actor, how, note) => {
      const left = money.leftMinor();
      const wanted = how === "dismiss" ? 0 : (how.refundMinor ?? left);
      const [ends, moves] =
        how === "dismiss"
          ? ["dismiss", "dismiss_dispute"]
          : wanted === left
            ? ["refund", "refund"]
            : ["refund_part", "settle_dispute"];
      complaint.close(moment, ends, wanted, actor, note);
      move(moves, actor, moment);
      if (wanted > 0) money.giveBack(wanted, note, actor, moment);
    },
    refundAll: (moment, actor, reason) => {
      move("refund", actor, moment);
      parcel.cancel(actor, moment);
      money.giveBack(null, reason, actor, moment);
    },
    playTimers: (until) => playTimers(past, telling, money.openUntil(), until),
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

function newOrder(facts: PastOrderFacts, placed: Moment, newId: IdMaker): OrderRow {
  const linesMinor = sum(facts.lines.map((line) => line.quantity * line.unitPriceMinor));
  const shippingMinor = sum(facts.lines.map((line) => line.shippingMinor));
  const fees = facts.lines.map((line) => shareOf(line.quantity * line.unitPriceMinor, line.feeBps));
  return {
    id: newId(placed.at),
    purchaseId: facts.purchaseId,
    buyerId: facts.buyerId,
    sellerId: facts.sellerId,
    state: "reserved",
    linesMinor,
    shippingMinor,
    totalMinor: linesMinor + shippingMinor,
    feeMinor: sum(fees),
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
    timeZone: facts.timeZone,
    region: facts.region ?? null,
    inferred: placed.inferred ? ["placed"] : [],
    createdAt: placed.at,
    changedAt: placed.at,
  };
}

function newLines(
  { lines }: PastOrderFacts,
  { id: orderId, createdAt }: OrderRow,
  newId: IdMaker,
): OrderLineRow[] {
  return lines.map((line, index) => ({
    id: newId(createdAt),
    orderId,
    lineNumber: index + 1,
    publicationId: line.publicationId,
    publicationVersion: line.publicationVersion,
    quantity: line.quantity,
    unitPriceMinor: line.unitPriceMinor,
    feeBps: line.feeBps,
    externalId: line.externalId,
    shippingMinor: line.shippingMinor,
  }));
}

function place(telling: Telling, placed: Moment): void {
  const { order, lines, rows } = telling;
  const buyer = `user:${order.buyerId}`;
  rows.order.push(order);
  rows.orderLine.push(...lines);
  moveStock(telling, -1, "reserved", placed.at);
  const { id: subjectId } = order;
  const step = { machine: "order", subjectId, event: "place", from: null, to: "reserved" } as const;
  addStep(telling, step, buyer, placed);
  tell(telling, orderEvent(order, lines), buyer, placed);
}

function moveOrder(telling: Telling, event: string, actor: string, moment: Moment): void {
  const { order, lines } = telling;
  takeStep(telling, "order", order, event, actor, moment);
  const { state } = order;
  const reached = REACHED[state as keyof typeof REACHED];
  if (reached !== undefined) {
    order[reached] = moment.at;
    order.inferred = order.inferred.filter((name) => name !== state);
    if (moment.inferred) order.inferred.push(state);
  }
  tell(telling, orderEvent(order, lines), actor, moment);
}

function moveStock(
  { lines, rows, newId }: Telling,
  sign: 1 | -1,
  reason: "reserved" | "released",
  at: string,
): void {
  for (const { id: orderLineId, publicationId, quantity } of lines) {
    const id = newId(at);
    const delta = sign * quantity;
    rows.stockMovement.push({ id, publicationId, delta, reason, orderLineId, at });
  }
}

/** Each timer that is due until a time, at its own time: it follows from the table, not from the source. */
function playTimers(
  past: PastOrder,
  telling: Telling,
  openUntil: string | undefined,
  until: string,
): void {
  const { order } = telling;
  // What came last may have come later.
  const due = (from: string | null, days: number): Moment | undefined => {
    if (from === null) return undefined;
    const [, at = order.changedAt] = [daysAfter(from, days), order.changedAt].sort();
    return at <= until ? { at, inferred: true } : undefined;
  };
  if (order.state === "reserved") {
    const at = openUntil ?? order.reservedUntil;
    if (at <= until) past.expire({ at, inferred: true });
  }
  const undispatched = order.state === "paid" && due(order.paidAt, DISPATCH_DAYS);
  if (undispatched) past.cancel(undispatched, TIMER, "miss_dispatch");
  const expected = order.estimatedDeliveryAt ?? order.shippedAt;
  const late = order.state === "shipped" && due(expected, LATE_DELIVERY_DAYS);
  if (late) moveOrder(telling, "fail_delivery", TIMER, late);
  const settled = order.state === "delivered" && due(order.deliveredAt, COMPLETION_DAYS);
  if (settled) moveOrder(telling, "complete", TIMER, settled);
}

const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);
