import type { Selectable } from "kysely";
import { newId } from "../../domain/ids.ts";
import { minutesAfter, OVER_ORDER_STATES, PAYMENT_DEADLINE_MINUTES } from "../../domain/order.ts";
import {
  CAPTURED_PAYMENT_STATES,
  OPEN_PAYMENT_STATES,
  UNDECIDED_PAYMENT_STATES,
} from "../../domain/payment.ts";
import { nextState, providerPath } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { record, recordTransition } from "./log.ts";
import { countSold, lockOrder, moveOrder, type OrderRow } from "./order-rows.ts";
import type { Database } from "./schema.ts";
import { insertShipment } from "./shipments.ts";

/** The card's token stays in the store: only whoever charges it is given it. */
export type Payment = Omit<Selectable<Database["payment"]>, "cardToken">;
export type Refund = Selectable<Database["refund"]>;
export type PaymentStore = ReturnType<typeof paymentStore>;

/** How a payment stands at its provider. */
export interface PaymentTold {
  providerId: string;
  state: string;
  reason: string | null;
  instrument: { brand: string; lastFour: string; fingerprint: string } | null;
}

/** How a refund stands at the provider; without an id there when it was refused outright. */
export interface RefundTold {
  providerId: string | null;
  state: "pending" | "succeeded" | "failed";
}

const PROVIDER = "provider:payments";

const columns = [
  "payment.id",
  "payment.orderId",
  "payment.state",
  "payment.amountMinor",
  "payment.currency",
  "payment.providerId",
  "payment.reason",
  "payment.cardBrand",
  "payment.cardLastFour",
  "payment.instrument",
  "payment.deadlineAt",
  "payment.revision",
  "payment.createdAt",
  "payment.changedAt",
] as const;

/** Payments and refunds, with every state that they went through. */
export const paymentStore = (db: Aurora) => ({
  /** Opens a payment for a reserved order, or gives the one that is open already. */
  open: (
    orderId: string,
    cardToken: string,
    actor: string,
    at: string,
  ): Promise<{ payment: Payment & { cardToken: string }; resumed: boolean }> =>
    transact(db, async (tx) => {
      const order = await lockOrder(tx, orderId);
      const open = await tx
        .selectFrom("payment")
        .selectAll()
        .where("orderId", "=", orderId)
        .where("state", "in", OPEN_PAYMENT_STATES)
        .executeTakeFirst();
      const isOver = OVER_ORDER_STATES.some((state) => state === order.state);
      if (open && !isOver) return { payment: open, resumed: true };
      if (order.state !== "reserved") {
        throw new MktError(
          "illegal_transition",
          `order ${orderId} is ${order.state}: there is nothing to pay`,
        );
      }
      const { totalMinor: amountMinor, currency } = order;
      const payment = await tx
        .insertInto("payment")
        .values({
          id: newId(),
          orderId,
          state: "created",
          amountMinor,
          currency,
          cardToken,
          providerId: null,
          reason: null,
          cardBrand: null,
          cardLastFour: null,
          instrument: null,
          deadlineAt: minutesAfter(at, PAYMENT_DEADLINE_MINUTES),
          createdAt: at,
          changedAt: at,
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      const step = { machine: "payment", event: "create", from: null, to: "created" } as const;
      await recordTransition(tx, step, payment.id, actor, at);
      await recordPayment(tx, payment, actor, at);
      return { payment, resumed: false };
    }),

  /**
   * Applies what the provider says, by the shortest legal way; what is older than what we know changes
   * nothing. An approval pays the order; one that finds it not reserved is refunded in full.
   */
  settle: (paymentId: string, told: PaymentTold, at: string): Promise<Payment> =>
    transact(db, async (tx) => {
      const { order, payment } = await lockPayment(tx, paymentId);
      const path = providerPath("payment", payment.state, told.state);
      if (path === null || (path.length === 0 && payment.providerId !== null)) return payment;
      const after = await tx
        .updateTable("payment")
        .set((eb) => ({
          state: told.state,
          providerId: told.providerId,
          reason: told.reason,
          cardBrand: told.instrument?.brand ?? payment.cardBrand,
          cardLastFour: told.instrument?.lastFour ?? payment.cardLastFour,
          instrument: told.instrument?.fingerprint ?? payment.instrument,
          changedAt: at,
          revision: eb("revision", "+", 1),
        }))
        .where("id", "=", paymentId)
        .returning(columns)
        .executeTakeFirstOrThrow();
      for (const step of path) await recordTransition(tx, step, paymentId, PROVIDER, at);
      await recordPayment(tx, after, PROVIDER, at);
      // Winning a mediation or a chargeback leads to approved too, with money that is counted already.
      if (path.some(({ event }) => event === "approve")) await receiveMoney(tx, order, after, at);
      if (path.at(-1)?.to === "rejected" || path.at(-1)?.to === "cancelled") {
        await resumeReservation(tx, order, payment, at);
      }
      return after;
    }),

  /** Marks a payment that the provider refused outright as rejected: nothing was charged. */
  refuse: (paymentId: string, reason: string, at: string): Promise<Payment> =>
    transact(db, (tx) =>
      closeCreated(tx, paymentId, { event: "reject", actor: PROVIDER, reason, at }),
    ),

  /** Cancels a payment whose deadline is over and that the provider never heard of. */
  abandon: (paymentId: string, reason: string, at: string): Promise<Payment> =>
    transact(db, (tx) =>
      closeCreated(tx, paymentId, { event: "cancel", actor: "timer", reason, at }),
    ),

  /** Applies what the provider says of a refund, and what it makes of its payment. */
  settleRefund: (refundId: string, told: RefundTold, at: string): Promise<Refund> =>
    transact(db, async (tx) => {
      const { paymentId } = await tx
        .selectFrom("refund")
        .select("paymentId")
        .where("id", "=", refundId)
        .executeTakeFirstOrThrow();
      const { payment } = await lockPayment(tx, paymentId);
      const refund = await tx
        .selectFrom("refund")
        .selectAll()
        .where("id", "=", refundId)
        .forUpdate()
        .executeTakeFirstOrThrow();
      const path = providerPath("refund", refund.state, told.state);
      if (path === null || path.length === 0) return refund;
      const after = await tx
        .updateTable("refund")
        .set((eb) => ({
          state: told.state,
          providerId: told.providerId,
          changedAt: at,
          revision: eb("revision", "+", 1),
        }))
        .where("id", "=", refundId)
        .returningAll()
        .executeTakeFirstOrThrow();
      for (const step of path) await recordTransition(tx, step, refundId, PROVIDER, at);
      await recordRefund(tx, after, payment, PROVIDER, at);
      if (told.state === "succeeded") await countRefund(tx, payment, at);
      return after;
    }),

  find: (id: string): Promise<Payment | undefined> =>
    query(() => db.selectFrom("payment").select(columns).where("id", "=", id).executeTakeFirst()),

  findByProviderId: (providerId: string): Promise<Payment | undefined> =>
    query(() =>
      db
        .selectFrom("payment")
        .select(columns)
        .where("providerId", "=", providerId)
        .executeTakeFirst(),
    ),

  ofOrder: (orderId: string): Promise<Payment[]> =>
    query(() =>
      db
        .selectFrom("payment")
        .select(columns)
        .where("orderId", "=", orderId)
        .orderBy("id")
        .execute(),
    ),

  refundsOf: (paymentIds: readonly string[]): Promise<Refund[]> =>
    paymentIds.length === 0
      ? Promise.resolve([])
      : query(() =>
          db
            .selectFrom("refund")
            .selectAll()
            .where("paymentId", "in", paymentIds)
            .orderBy("id")
            .execute(),
        ),

  /** Refunds that the provider has not settled yet, oldest first; of one payment, or all. */
  unsettledRefunds: (
    limit: number,
    paymentId?: string,
  ): Promise<(Refund & { providerPaymentId: string | null; currency: string })[]> =>
    query(() => {
      const rows = db
        .selectFrom("refund")
        .innerJoin("payment", "payment.id", "refund.paymentId")
        .selectAll("refund")
        .select(["payment.providerId as providerPaymentId", "payment.currency"])
        .where("refund.state", "in", ["requested", "pending"])
        .orderBy("refund.id")
        .limit(limit);
      return (paymentId ? rows.where("payment.id", "=", paymentId) : rows).execute();
    }),

  /** Payments that are undecided though their deadline is over, oldest first. */
  overdue: (now: string, limit: number): Promise<Payment[]> =>
    query(() =>
      db
        .selectFrom("payment")
        .select(columns)
        .where("state", "in", UNDECIDED_PAYMENT_STATES)
        .where("deadlineAt", "<=", now)
        .orderBy("deadlineAt")
        .limit(limit)
        .execute(),
    ),

  list: ({
    limit,
    after,
    state,
    orderId,
    partyId,
  }: PaymentFilter): Promise<(Payment & { buyerId: string; sellerId: string })[]> =>
    query(() => {
      let rows = db
        .selectFrom("payment")
        .innerJoin("order", "order.id", "payment.orderId")
        .select(columns)
        .select(["order.buyerId", "order.sellerId"])
        .orderBy("payment.id", "desc")
        .limit(limit);
      if (after) rows = rows.where("payment.id", "<", after);
      if (state) rows = rows.where("payment.state", "=", state);
      if (orderId) rows = rows.where("payment.orderId", "=", orderId);
      if (partyId)
        rows = rows.where((eb) =>
          eb.or([eb("order.buyerId", "=", partyId), eb("order.sellerId", "=", partyId)]),
        );
      return rows.execute();
    }),
});

export interface PaymentFilter {
  limit: number;
  after?: string | undefined;
  state?: string | undefined;
  orderId?: string | undefined;
  /** Only payments of orders that this user bought or sold. */
  partyId?: string | undefined;
}

/** Requests a refund of all that was captured for an order and is not being refunded already. */
export async function requestFullRefund(
  tx: AuroraTransaction,
  orderId: string,
  reason: string,
  actor: string,
  at: string,
): Promise<void> {
  const payments = await tx
    .selectFrom("payment")
    .select(columns)
    .where("orderId", "=", orderId)
    .where("state", "in", CAPTURED_PAYMENT_STATES)
    .orderBy("id")
    .forUpdate()
    .execute();
  for (const payment of payments) {
    const open =
      payment.amountMinor -
      (await refundedMinor(tx, payment.id, ["requested", "pending", "succeeded"]));
    if (open > 0) await insertRefund(tx, payment, open, reason, actor, at);
  }
}

async function lockPayment(
  tx: AuroraTransaction,
  id: string,
): Promise<{ order: OrderRow; payment: Payment }> {
  const found = await tx
    .selectFrom("payment")
    .select("orderId")
    .where("id", "=", id)
    .executeTakeFirst();
  if (!found) throw new MktError("not_found", `there is no payment ${id}`);
  const order = await lockOrder(tx, found.orderId);
  const payment = await tx
    .selectFrom("payment")
    .select(columns)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { order, payment };
}

/** Ends a payment of which the provider has nothing; one that it has by now comes back as it is. */
async function closeCreated(
  tx: AuroraTransaction,
  id: string,
  { event, actor, reason, at }: { event: string; actor: string; reason: string; at: string },
): Promise<Payment> {
  const { order, payment } = await lockPayment(tx, id);
  if (payment.state !== "created") return payment;
  const state = nextState("payment", id, payment.state, event);
  const after = await tx
    .updateTable("payment")
    .set((eb) => ({ state, reason, changedAt: at, revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .returning(columns)
    .executeTakeFirstOrThrow();
  const step = { machine: "payment", event, from: payment.state, to: state } as const;
  await recordTransition(tx, step, id, actor, at);
  await recordPayment(tx, after, actor, at);
  await resumeReservation(tx, order, payment, at);
  return after;
}

async function receiveMoney(
  tx: AuroraTransaction,
  order: OrderRow,
  payment: Payment,
  at: string,
): Promise<void> {
  if (order.state !== "reserved") {
    await insertRefund(
      tx,
      payment,
      payment.amountMinor,
      `the order was ${order.state} already`,
      PROVIDER,
      at,
    );
    return;
  }
  await moveOrder(tx, order, "approve_payment", PROVIDER, at);
  await insertShipment(tx, order.id, PROVIDER, at);
  await countSold(tx, order.id, PROVIDER, at);
}

/** The reservation's time stood still while the payment was open; it runs on from there. */
async function resumeReservation(
  tx: AuroraTransaction,
  order: OrderRow,
  payment: Payment,
  at: string,
): Promise<void> {
  const pausedMs = Math.max(0, Date.parse(at) - Date.parse(payment.createdAt));
  const reservedUntil = new Date(Date.parse(order.reservedUntil) + pausedMs).toISOString();
  await tx.updateTable("order").set({ reservedUntil }).where("id", "=", order.id).execute();
}

async function insertRefund(
  tx: AuroraTransaction,
  payment: Payment,
  amountMinor: number,
  reason: string,
  actor: string,
  at: string,
): Promise<void> {
  const refund = await tx
    .insertInto("refund")
    .values({
      id: newId(),
      paymentId: payment.id,
      state: "requested",
      amountMinor,
      reason,
      providerId: null,
      createdAt: at,
      changedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const step = { machine: "refund", event: "request", from: null, to: "requested" } as const;
  await recordTransition(tx, step, refund.id, actor, at);
  await recordRefund(tx, refund, payment, actor, at);
}

/** Moves a payment on when one of its refunds succeeded. */
async function countRefund(tx: AuroraTransaction, payment: Payment, at: string): Promise<void> {
  const whole = (await refundedMinor(tx, payment.id, ["succeeded"])) >= payment.amountMinor;
  const to = whole ? "refunded" : "partially_refunded";
  const event = whole ? "refund" : "refund_part";
  const after = await tx
    .updateTable("payment")
    .set((eb) => ({ state: to, changedAt: at, revision: eb("revision", "+", 1) }))
    .where("id", "=", payment.id)
    .returning(columns)
    .executeTakeFirstOrThrow();
  await recordTransition(
    tx,
    { machine: "payment", event, from: payment.state, to },
    payment.id,
    PROVIDER,
    at,
  );
  await recordPayment(tx, after, PROVIDER, at);
}

async function refundedMinor(
  tx: AuroraTransaction,
  paymentId: string,
  states: readonly string[],
): Promise<number> {
  const rows = await tx
    .selectFrom("refund")
    .select("amountMinor")
    .where("paymentId", "=", paymentId)
    .where("state", "in", states)
    .execute();
  return rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

async function recordPayment(
  tx: AuroraTransaction,
  payment: Payment,
  actor: string,
  at: string,
): Promise<void> {
  const { id, orderId, state, amountMinor, currency, reason, instrument, revision } = payment;
  const data = { orderId, state, amountMinor, currency, reason, instrument };
  await record(tx, [
    { type: `payment.${state}`, subjectKind: "payment", subjectId: id, revision, actor, at, data },
  ]);
}

async function recordRefund(
  tx: AuroraTransaction,
  refund: Refund,
  payment: Payment,
  actor: string,
  at: string,
): Promise<void> {
  const { id, paymentId, state, amountMinor, reason, revision } = refund;
  const data = {
    paymentId,
    orderId: payment.orderId,
    state,
    amountMinor,
    currency: payment.currency,
  };
  // Whoever cancelled typed the reason.
  const personal = { reason };
  const type = `refund.${state}`;
  const subject = { subjectKind: "refund", subjectId: id, revision };
  await record(tx, [{ type, ...subject, actor, at, data, personal }]);
}
