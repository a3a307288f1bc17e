import { formatMinor } from "../../domain/money.ts";
import { CAPTURED_PAYMENT_STATES } from "../../domain/payment.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import {
  closeDispute,
  type Dispute,
  type DisputeReason,
  openDispute,
  whyNotDisputable,
} from "./dispute-rows.ts";
import { settleChargeback } from "./ledger-rows.ts";
import { recordAudit } from "./log.ts";
import { linesOf, lockOrder, moveOrder, type OrderRow, type SaleFilter } from "./order-rows.ts";
import {
  grantedMinor,
  grantRefund,
  type Payment,
  paymentColumns,
  requestFullRefund,
} from "./payment-rows.ts";
import { endAsRefunded } from "./refund-rows.ts";

export type DisputeStore = ReturnType<typeof disputeStore>;

export interface NewDispute {
  orderId: string;
  reason: Exclude<DisputeReason, "chargeback">;
  /** Null: the whole order. */
  lineNumber: number | null;
  note: string;
  actor: string;
  at: string;
}

export interface Resolution {
  orderId: string;
  /** Null: all that is left. */
  how: "dismiss" | { refundMinor: number | null };
  note: string;
  by: { id: string; name: string };
  at: string;
}

/** A dispute with what was typed when it was opened and resolved; null once that was erased, or nothing was. */
export interface NotedDispute extends Dispute {
  lineNumber: number | null;
  note: string | null;
  resolution: string | null;
}

/** Disputes: opening, resolving and reading them. */
export const disputeStore = (db: Aurora) => ({
  /** Opens an order's dispute. Throws `illegal_transition` where it cannot be disputed, or not for this reason. */
  open: (want: NewDispute): Promise<{ dispute: Dispute; orderState: string }> =>
    transact(db, async (tx) => {
      const { orderId, reason, lineNumber, note, actor, at } = want;
      const order = await lockOrder(tx, orderId);
      const why = whyNotDisputable(order, at);
      if (why !== undefined) throw notDisputable(order, why);
      if (reason === "not_as_described" && order.deliveredAt === null) throw notDelivered(orderId);
      const orderLineId = lineNumber === null ? null : await lineId(tx, orderId, lineNumber);
      if (reason === "not_received") await requireUnreviewed(tx, orderId, orderLineId);
      const opened = await openDispute(tx, order, { reason, orderLineId, note, actor, at });
      return { dispute: opened.dispute, orderState: opened.order.state };
    }),

  /**
   * Resolves an order's open dispute: dispute, order, refund and ledger in one transaction. Of a payment
   * that a bank took back no refund is granted: what the bank took is settled instead.
   */
  resolve: (want: Resolution): Promise<{ dispute: Dispute; orderState: string }> =>
    transact(db, async (tx) => {
      const { orderId, note, by, at } = want;
      const order = await lockOrder(tx, orderId);
      const dispute = await lockOpen(tx, orderId);
      if (!dispute) throw notOpen(order);
      const { event, refundedMinor, orderState } = await decide(tx, order, want);
      const closing = { event, refundedMinor, note, actor: by.name, at };
      const closed = await closeDispute(tx, dispute, closing);
      await recordAudit(tx, {
        actorId: by.id,
        action: "dispute.resolve",
        subjectKind: "dispute",
        subjectId: dispute.id,
        detail: { orderId, state: closed.state, refundedMinor },
        at,
      });
      return { dispute: closed, orderState };
    }),

  find: (id: string): Promise<NotedDispute | undefined> =>
    query(async () => {
      const row = await read(db).where("dispute.id", "=", id).executeTakeFirst();
      return row && (await withNotes(db, [row]))[0];
    }),

  /** An order's disputes, oldest first. */
  ofOrder: (orderId: string): Promise<NotedDispute[]> =>
    query(async () => {
      const rows = read(db).where("dispute.orderId", "=", orderId).orderBy("dispute.id");
      return withNotes(db, await rows.execute());
    }),

  list: ({
    limit,
    after,
    state,
    orderId,
    partyId,
  }: SaleFilter): Promise<
    (Dispute & {
      buyerId: string;
      sellerId: string | null;
      currency: string;
      lineNumber: number | null;
    })[]
  > =>
    query(() => {
      let rows = read(db)
        .innerJoin("order", "order.id", "dispute.orderId")
        .select(["order.buyerId", "order.sellerId", "order.currency"])
        .orderBy("dispute.id", "desc")
        .limit(limit);
      if (after) rows = rows.where("dispute.id", "<", after);
      if (state) rows = rows.where("dispute.state", "=", state);
      if (orderId) rows = rows.where("dispute.orderId", "=", orderId);
      if (partyId)
        rows = rows.where((eb) =>
          eb.or([eb("order.buyerId", "=", partyId), eb("order.sellerId", "=", partyId)]),
        );
      return rows.execute();
    }),
});

function read(db: Aurora) {
  return db
    .selectFrom("dispute")
    .leftJoin("orderLine", "orderLine.id", "dispute.orderLineId")
    .selectAll("dispute")
    .select("orderLine.lineNumber");
}

/** What people typed stands in the events, where it can be erased. */
async function withNotes(
  db: Aurora,
  rows: readonly (Dispute & { lineNumber: number | null })[],
): Promise<NotedDispute[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const events = await db
    .selectFrom("event")
    .select(["subjectId", "type", "personal"])
    .where("subjectKind", "=", "dispute")
    .where("subjectId", "in", ids)
    .orderBy("id")
    .execute();
  const noteOf = (id: string, isOpening: boolean): string | null => {
    const told = events.find(
      ({ subjectId, type }) => subjectId === id && (type === "dispute.open") === isOpening,
    );
    const note = told?.personal?.note;
    return typeof note === "string" && note !== "" ? note : null;
  };
  return rows.map((row) => {
    return { ...row, note: noteOf(row.id, true), resolution: noteOf(row.id, false) };
  });
}

interface Decision {
  /** What it is to the dispute. */
  event: "dismiss" | "refund_part" | "refund";
  refundedMinor: number | null;
  orderState: string;
}

/** Moves a disputed order and its money as the resolution says. */
async function decide(
  tx: AuroraTransaction,
  order: OrderRow,
  { how, note, by, at }: Resolution,
): Promise<Decision> {
  const payment = await lockCounted(tx, order.id);
  const granted = payment ? await grantedMinor(tx, payment.id) : 0;
  if (how === "dismiss") {
    // The bank found for the buyer, the marketplace for the seller.
    if (payment?.chargeback === "lost")
      await settleChargeback(tx, { order, payment }, "loss", granted, at);
    const { state } = await moveOrder(tx, order, "dismiss_dispute", by.name, at);
    return { event: "dismiss", refundedMinor: null, orderState: state };
  }
  const { refundMinor } = how;
  const reason = note || "a dispute";
  const left = payment ? payment.amountMinor - granted : 0;
  if (!payment || refundMinor === null || refundMinor === left) {
    const after = await endAsRefunded(tx, order, by.name, at);
    await requestFullRefund(tx, after, reason, by.name, at);
    return { event: "refund", refundedMinor: left || null, orderState: after.state };
  }
  requirePart(payment, refundMinor, left);
  const granting = { amountMinor: refundMinor, reason };
  await grantRefund(tx, { order, payment }, granting, by.name, at);
  const { state } = await moveOrder(tx, order, "settle_dispute", by.name, at);
  return { event: "refund_part", refundedMinor: refundMinor, orderState: state };
}

function lockOpen(tx: AuroraTransaction, orderId: string): Promise<Dispute | undefined> {
  return tx
    .selectFrom("dispute")
    .selectAll()
    .where("orderId", "=", orderId)
    .where("state", "=", "open")
    .forUpdate()
    .executeTakeFirst();
}

/** Locks the payment that paid for a locked order. */
function lockCounted(tx: AuroraTransaction, orderId: string): Promise<Payment | undefined> {
  return tx
    .selectFrom("payment")
    .select(paymentColumns)
    .where("orderId", "=", orderId)
    .where("state", "in", CAPTURED_PAYMENT_STATES)
    .where("late", "=", false)
    .forUpdate()
    .executeTakeFirst();
}

async function lineId(tx: AuroraTransaction, orderId: string, lineNumber: number): Promise<string> {
  const lines = await linesOf(tx, orderId);
  const line = lines.find((one) => one.lineNumber === lineNumber);
  if (line) return line.id;
  throw new MktError("not_found", `order ${orderId} has no line ${lineNumber}`, {
    hint: `it has ${lines.length}`,
  });
}

/** What the buyer reviewed has come. */
async function requireUnreviewed(
  tx: AuroraTransaction,
  orderId: string,
  orderLineId: string | null,
): Promise<void> {
  const reviews = tx.selectFrom("review").select("id").where("orderId", "=", orderId);
  const ofLine = orderLineId === null ? reviews : reviews.where("orderLineId", "=", orderLineId);
  if (!(await ofLine.executeTakeFirst())) return;
  throw new MktError(
    "illegal_transition",
    `order ${orderId} is reviewed already: what is reviewed was received`,
    { hint: `mkt dispute open ${orderId} --not-as-described --note TEXT` },
  );
}

function requirePart(payment: Payment, refundMinor: number, leftMinor: number): void {
  const { id, orderId, state, currency } = payment;
  if (state === "charged_back") {
    throw new MktError(
      "illegal_transition",
      `payment ${id} is charged back: the buyer's bank decides about all of it or nothing`,
      { hint: `mkt dispute resolve ${orderId} --refund` },
    );
  }
  if (refundMinor < leftMinor) return;
  const [left, wanted] = [leftMinor, refundMinor].map((minor) => formatMinor(minor, currency));
  throw new MktError(
    "conflict",
    `${left} of payment ${id} are left, ${wanted} are more than that`,
    { hint: `mkt dispute resolve ${orderId} --refund gives all of it back` },
  );
}

function notDisputable({ id, state }: OrderRow, why: string): MktError {
  const isOpen = state === "disputed";
  return new MktError(
    "illegal_transition",
    isOpen ? `order ${id} is disputed already` : `order ${id} cannot be disputed: ${why}`,
    { hint: isOpen ? `mkt dispute show ${id}` : `mkt order show ${id}` },
  );
}

function notDelivered(orderId: string): MktError {
  return new MktError(
    "illegal_transition",
    `order ${orderId} was not delivered yet: nobody can say whether it is as described`,
    { hint: `mkt dispute open ${orderId} --not-received --note TEXT` },
  );
}

function notOpen({ id, state }: OrderRow): MktError {
  return new MktError(
    "illegal_transition",
    `order ${id} is ${state.replaceAll("_", " ")}: it has no open dispute`,
    { hint: `mkt dispute list --order ${id}` },
  );
}
