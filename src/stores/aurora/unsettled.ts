import { sql } from "kysely";
import { CAPTURED_PAYMENT_STATES, UNDECIDED_PAYMENT_STATES } from "../../domain/payment.ts";
import { type Aurora, query } from "./client.ts";
import { type Payment, paymentColumns, type Refund } from "./payment-rows.ts";
import type { Shipment } from "./shipment-rows.ts";
import type { Webhook } from "./webhooks.ts";

export type UnsettledStore = ReturnType<typeof unsettledStore>;

/** A payment with what its provider must agree with. */
export interface PaymentToCheck extends Payment {
  orderState: string;
  /** By refunds that succeeded. */
  refundedMinor: number;
  /** How many refunds of it are requested or pending. */
  refundsUnderWay: number;
}

export type RefundToCheck = Refund & { orderId: string; providerPaymentId: string | null };

/** The next so many, by id, behind the last one of the batch before. */
export interface Batch {
  after?: string | undefined;
  limit: number;
}

const WAITING_WEBHOOK_STATES = ["received", "failed"] as const;
const MOVING_SHIPMENT_STATES = ["handling", "ready_to_ship", "shipped", "not_delivered"] as const;

/** What only its provider can say how it stands, in batches by id: `since` is for what looks settled. */
export const unsettledStore = (db: Aurora) => ({
  /** Undecided payments, and those given up or taken that were made or changed since. */
  payments: (since: string, batch: Batch): Promise<PaymentToCheck[]> =>
    query(() => {
      const rows = checkedPayments(db, since).orderBy("payment.id").limit(batch.limit);
      const behind = batch.after ? rows.where("payment.id", ">", batch.after) : rows;
      return withMoney(behind).execute();
    }),

  payment: (id: string): Promise<PaymentToCheck | undefined> =>
    query(() => withMoney(paymentsOfOrders(db).where("payment.id", "=", id)).executeTakeFirst()),

  /** Refunds that did not succeed, or not yet; without those that a bank made pointless. */
  refunds: ({ after, limit }: Batch): Promise<RefundToCheck[]> =>
    query(() => {
      const rows = checkedRefunds(db)
        .selectAll("refund")
        .select(["payment.orderId", "payment.providerId as providerPaymentId"])
        .orderBy("refund.id")
        .limit(limit);
      return (after ? rows.where("refund.id", ">", after) : rows).execute();
    }),

  refund: (id: string): Promise<Refund | undefined> =>
    query(() => db.selectFrom("refund").selectAll().where("id", "=", id).executeTakeFirst()),

  /** Shipments that a carrier may have, and those cancelled since, whose labels may be valid still. */
  shipments: (since: string, { after, limit }: Batch): Promise<Shipment[]> =>
    query(() => {
      const rows = checkedShipments(db, since).selectAll().orderBy("id").limit(limit);
      return (after ? rows.where("id", ">", after) : rows).execute();
    }),

  /** Webhooks that nothing was done about, however often that failed. */
  webhooks: ({ after, limit }: Batch): Promise<Webhook[]> =>
    query(() => {
      const rows = checkedWebhooks(db).selectAll().orderBy("id").limit(limit);
      return (after ? rows.where("id", ">", after) : rows).execute();
    }),

  /** How many of each there are. */
  count: (
    since: string,
  ): Promise<{ payment: number; refund: number; shipment: number; webhook: number }> =>
    query(async () => {
      const all = sql<number>`count(*)`.as("count");
      const [payment, refund, shipment, webhook] = [
        await checkedPayments(db, since).select(all).executeTakeFirstOrThrow(),
        await checkedRefunds(db).select(all).executeTakeFirstOrThrow(),
        await checkedShipments(db, since).select(all).executeTakeFirstOrThrow(),
        await checkedWebhooks(db).select(all).executeTakeFirstOrThrow(),
      ];
      return {
        payment: payment.count,
        refund: refund.count,
        shipment: shipment.count,
        webhook: webhook.count,
      };
    }),
});

const paymentsOfOrders = (db: Aurora) =>
  db.selectFrom("payment").innerJoin("order", "order.id", "payment.orderId");

const checkedPayments = (db: Aurora, since: string) =>
  paymentsOfOrders(db)
    .where("payment.synthesised", "=", false)
    .where((eb) =>
      eb.or([
        eb("payment.state", "in", UNDECIDED_PAYMENT_STATES),
        eb.and([
          eb("payment.state", "in", ["rejected", "cancelled", ...CAPTURED_PAYMENT_STATES]),
          eb.or([eb("payment.changedAt", ">=", since), eb("payment.createdAt", ">=", since)]),
        ]),
      ]),
    );

const withMoney = (rows: ReturnType<typeof paymentsOfOrders>) =>
  rows
    .select(paymentColumns)
    .select("order.state as orderState")
    .select((eb) => [
      eb
        .selectFrom("refund")
        .select(sql<number>`coalesce(sum(amount_minor), 0)::bigint`.as("sum"))
        .whereRef("refund.paymentId", "=", "payment.id")
        .where("refund.state", "=", "succeeded")
        .$asScalar()
        .$notNull()
        .as("refundedMinor"),
      eb
        .selectFrom("refund")
        .select(sql<number>`count(*)`.as("count"))
        .whereRef("refund.paymentId", "=", "payment.id")
        .where("refund.state", "in", ["requested", "pending"])
        .$asScalar()
        .$notNull()
        .as("refundsUnderWay"),
    ]);

const checkedRefunds = (db: Aurora) =>
  db
    .selectFrom("refund")
    .innerJoin("payment", "payment.id", "refund.paymentId")
    .where("payment.synthesised", "=", false)
    .where((eb) =>
      eb.or([
        eb("refund.state", "in", ["requested", "pending"]),
        eb.and([eb("refund.state", "=", "failed"), eb("payment.state", "!=", "charged_back")]),
      ]),
    );

const checkedShipments = (db: Aurora, since: string) =>
  db
    .selectFrom("shipment")
    .where("synthesised", "=", false)
    .where((eb) =>
      eb.or([
        eb("state", "in", MOVING_SHIPMENT_STATES),
        eb.and([eb("state", "=", "cancelled"), eb("changedAt", ">=", since)]),
      ]),
    );

const checkedWebhooks = (db: Aurora) =>
  db.selectFrom("webhook").where("state", "in", WAITING_WEBHOOK_STATES);
