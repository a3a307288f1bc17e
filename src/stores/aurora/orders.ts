import type { Order } from "../../domain/order.ts";
import { cancelLocked } from "./cancel-rows.ts";
import { type Aurora, query, transact } from "./client.ts";
import { recordAudit } from "./log.ts";
import { linesOf, lockOrder, withLines } from "./order-rows.ts";
import { requestFullRefund } from "./payment-rows.ts";

export interface OrderFilter {
  limit: number;
  after?: string | undefined;
  state?: string | undefined;
  buyerId?: string | undefined;
  sellerId?: string | undefined;
  /** Only orders that this user bought or sold. */
  partyId?: string | undefined;
  purchaseId?: string | undefined;
  flag?: string | undefined;
  /** ISO-8601; orders placed at or after, and before. */
  since?: string | undefined;
  until?: string | undefined;
}

/** One state that a thing went through. */
export interface TransitionRow {
  machine: string;
  subjectId: string;
  event: string;
  from: string | null;
  to: string;
  actor: string;
  at: string;
}

export type OrderStore = ReturnType<typeof orderStore>;

/** Orders: reading them, and cancelling them. */
export const orderStore = (db: Aurora) => ({
  find: (id: string): Promise<Order | undefined> =>
    query(async () => {
      const row = await db.selectFrom("order").selectAll().where("id", "=", id).executeTakeFirst();
      return row && (await withLines(db, [row]))[0];
    }),

  /** Newest first, before an id. */
  list: (filter: OrderFilter): Promise<Order[]> =>
    query(async () => {
      const { after, state, buyerId, sellerId, partyId, purchaseId, flag, since, until } = filter;
      let rows = db.selectFrom("order").selectAll().orderBy("id", "desc").limit(filter.limit);
      if (after) rows = rows.where("id", "<", after);
      if (state) rows = rows.where("state", "=", state);
      if (buyerId) rows = rows.where("buyerId", "=", buyerId);
      if (sellerId) rows = rows.where("sellerId", "=", sellerId);
      if (partyId)
        rows = rows.where((eb) =>
          eb.or([eb("buyerId", "=", partyId), eb("sellerId", "=", partyId)]),
        );
      if (purchaseId) rows = rows.where("purchaseId", "=", purchaseId);
      if (flag) rows = rows.where((eb) => eb(eb.val(flag), "=", eb.fn.any("flags")));
      if (since) rows = rows.where("createdAt", ">=", since);
      if (until) rows = rows.where("createdAt", "<", until);
      return withLines(db, await rows.execute());
    }),

  /** The ids of an order and of its payments, refunds, shipments and disputes. */
  partsOf: (id: string): Promise<string[]> =>
    query(async () => {
      const ofOrder = (table: "payment" | "shipment" | "dispute") =>
        db.selectFrom(table).select("id").where("orderId", "=", id);
      const refunds = db
        .selectFrom("refund")
        .innerJoin("payment", "payment.id", "refund.paymentId")
        .select("refund.id")
        .where("payment.orderId", "=", id);
      const rows = await ofOrder("payment")
        .unionAll(ofOrder("shipment"))
        .unionAll(ofOrder("dispute"))
        .unionAll(refunds)
        .execute();
      return [id, ...rows.map((row) => row.id)];
    }),

  /** The history of states of these things, oldest first. */
  transitions: (subjectIds: readonly string[]): Promise<TransitionRow[]> =>
    subjectIds.length === 0
      ? Promise.resolve([])
      : query(() =>
          db
            .selectFrom("transition")
            .select([
              "machine",
              "subjectId",
              "event",
              "fromState as from",
              "toState as to",
              "actor",
              "at",
            ])
            .where("subjectId", "in", subjectIds)
            .orderBy("at")
            .orderBy("id")
            .execute(),
        ),

  /**
   * Cancels an order: stock back, shipment cancelled, whatever was captured requested back, all in one
   * transaction. Cancelling it again changes nothing, but requests again what could not be refunded.
   */
  cancel: (
    id: string,
    by: { id: string; name: string },
    reason: string,
    at: string,
  ): Promise<Order> =>
    transact(db, async (tx) => {
      const before = await lockOrder(tx, id);
      if (before.state === "cancelled") {
        await requestFullRefund(tx, before, reason, by.name, at);
        return { ...before, lines: await linesOf(tx, id) };
      }
      const after = await cancelLocked(tx, before, { event: "cancel", actor: by.name, reason, at });
      await recordAudit(tx, {
        actorId: by.id,
        action: "order.cancel",
        subjectKind: "order",
        subjectId: id,
        detail: { reason },
        at,
      });
      return { ...after, lines: await linesOf(tx, id) };
    }),
});
