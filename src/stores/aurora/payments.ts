import { isId, newId } from "../../domain/ids.ts";
import { minutesAfter, OVER_ORDER_STATES, PAYMENT_DEADLINE_MINUTES } from "../../domain/order.ts";
import { OPEN_PAYMENT_STATES, parseRefundKey } from "../../domain/payment.ts";
import { providerPath } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, query, transact } from "./client.ts";
import { recordTransition } from "./log.ts";
import { lockOrder, type SaleFilter } from "./order-rows.ts";
import { requestCapture } from "./payment-capture.ts";
import {
  acceptLoss,
  loseMoney,
  type PaymentTold,
  tellsNothingNew,
  wayTo,
  winMoney,
} from "./payment-news.ts";
import {
  closeCreated,
  countRefund,
  lockPayment,
  type Payment,
  PROVIDER,
  paymentColumns,
  type Refund,
  receiveMoney,
  recordPayment,
  recordRefund,
  resumeReservation,
} from "./payment-rows.ts";

export type PaymentStore = ReturnType<typeof paymentStore>;

/** How a refund stands at the provider; without an id there when it was refused outright. */
export interface RefundTold {
  providerId: string | null;
  state: "pending" | "succeeded" | "failed";
}

/** Payments and refunds, with every state that they went through. */
export const paymentStore = (db: Aurora) => ({
  /** Opens a payment for a reserved order, or gives the one that is open already. */
  open: (
    { orderId, cardToken, capture }: { orderId: string; cardToken: string; capture: boolean },
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
        .where("late", "=", false)
        .executeTakeFirst();
      const isOver = OVER_ORDER_STATES.some((state) => state === order.state);
      if (open && !isOver) return { payment: open, resumed: true };
      if (order.state !== "reserved") {
        throw new MktError(
          "illegal_transition",
          `order ${orderId} is ${order.state}: there is nothing to pay`,
          { hint: `mkt order why ${orderId} says what became of it` },
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
          capture,
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
   * nothing. An approval pays the order; one that comes too late is refunded in full. Money that a bank
   * takes back flags the order and opens its dispute if it may be disputed.
   */
  settle: (paymentId: string, told: PaymentTold, at: string): Promise<Payment> =>
    transact(db, async (tx) => {
      const { order, payment } = await lockPayment(tx, paymentId);
      const path = await wayTo(tx, payment, told);
      if (path === null || (path.length === 0 && tellsNothingNew(payment, told))) return payment;
      const late =
        payment.late ||
        path.some(
          ({ event }) =>
            event === "approve_late" || (event === "approve" && order.state !== "reserved"),
        );
      const after = await tx
        .updateTable("payment")
        .set((eb) => ({
          state: path.at(-1)?.to ?? payment.state,
          providerId: told.providerId,
          reason: told.reason,
          late,
          deadlineAt: told.deadlineAt ?? payment.deadlineAt,
          nextActionUrl: told.nextActionUrl,
          chargeback: told.chargeback,
          cardBrand: told.instrument?.brand ?? payment.cardBrand,
          cardLastFour: told.instrument?.lastFour ?? payment.cardLastFour,
          instrument: told.instrument?.fingerprint ?? payment.instrument,
          changedAt: at,
          revision: eb("revision", "+", 1),
        }))
        .where("id", "=", paymentId)
        .returning(paymentColumns)
        .executeTakeFirstOrThrow();
      for (const step of path) await recordTransition(tx, step, paymentId, PROVIDER, at);
      await recordPayment(tx, after, PROVIDER, at);
      for (const { event } of path) {
        if (event === "approve" || event === "approve_late")
          await receiveMoney(tx, order, after, at);
        if (event === "reject" || event === "cancel")
          await resumeReservation(tx, order, payment, at);
        if (event === "charge_back") await loseMoney(tx, after, told.refundedMinor, at);
        if (event === "win_chargeback") await winMoney(tx, after, at);
      }
      if (after.chargeback === "lost" && payment.chargeback !== "lost")
        await acceptLoss(tx, after, at);
      return after;
    }),

  requestCapture: (paymentId: string, actorId: string, at: string): Promise<Payment> =>
    transact(db, (tx) => requestCapture(tx, paymentId, actorId, at)),

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

  /**
   * Applies what the provider says of an attempt at a refund, by its key, and what it makes of the payment.
   * News of an attempt before the last changes nothing; of a refund that is not ours, there is nothing.
   */
  settleRefund: (key: string, told: RefundTold, at: string): Promise<Refund | undefined> =>
    transact(db, async (tx) => {
      const { id: refundId, attempt } = parseRefundKey(key);
      if (!isId(refundId)) return undefined;
      const found = await tx
        .selectFrom("refund")
        .select("paymentId")
        .where("id", "=", refundId)
        .executeTakeFirst();
      if (!found) return undefined;
      const { order, payment } = await lockPayment(tx, found.paymentId);
      const refund = await tx
        .selectFrom("refund")
        .selectAll()
        .where("id", "=", refundId)
        .forUpdate()
        .executeTakeFirstOrThrow();
      const path = providerPath("refund", refund.state, told.state);
      // An attempt that failed is over: only people ask again, and that is another one.
      const isOlder = attempt !== refund.attempt || refund.state === "failed";
      if (isOlder || path === null || path.length === 0) return refund;
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
      if (told.state === "succeeded") await countRefund(tx, { order, payment }, after, at);
      return after;
    }),

  find: (id: string): Promise<Payment | undefined> =>
    query(() =>
      db.selectFrom("payment").select(paymentColumns).where("id", "=", id).executeTakeFirst(),
    ),

  findByProviderId: (providerId: string): Promise<Payment | undefined> =>
    query(() =>
      db
        .selectFrom("payment")
        .select(paymentColumns)
        .where("providerId", "=", providerId)
        .executeTakeFirst(),
    ),

  ofOrder: (orderId: string): Promise<Payment[]> =>
    query(() =>
      db
        .selectFrom("payment")
        .select(paymentColumns)
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

  /** Authorized payments that somebody asked to capture, and that nobody heard to be captured; oldest first. */
  uncaptured: (limit: number): Promise<string[]> =>
    query(async () => {
      const rows = await db
        .selectFrom("payment")
        .select("id")
        .where("state", "=", "authorized")
        .where("capture", "=", true)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    }),

  /** Refunds that the provider has not settled yet, those not sent first, then the oldest; of one payment, or all. */
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
        // A provider may take days: many that are pending must not keep others from being sent.
        .orderBy("refund.state", "desc")
        .orderBy("refund.id")
        .limit(limit);
      return (paymentId ? rows.where("payment.id", "=", paymentId) : rows).execute();
    }),

  list: ({
    limit,
    after,
    state,
    orderId,
    partyId,
  }: SaleFilter): Promise<(Payment & { buyerId: string; sellerId: string | null })[]> =>
    query(() => {
      let rows = db
        .selectFrom("payment")
        .innerJoin("order", "order.id", "payment.orderId")
        .select(paymentColumns)
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
