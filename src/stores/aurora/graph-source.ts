import { CAPTURED_PAYMENT_STATES } from "../../domain/payment.ts";
import { type Aurora, query } from "./client.ts";

export type GraphSource = ReturnType<typeof graphSource>;
export type GraphRows = ReturnType<typeof graphRows>;

/** States of an order that was paid, and neither cancelled nor refunded in full. */
const BOUGHT_STATES = ["paid", "shipped", "not_delivered", "delivered", "disputed", "completed"];

export const graphSource = (db: Aurora) => ({
  /** Reads all from one moment, so that whatever a row names is there, however long the reading takes. */
  snapshot: <T>(read: (rows: GraphRows) => Promise<T>): Promise<T> =>
    query(() =>
      db
        .transaction()
        .setIsolationLevel("repeatable read")
        .setAccessMode("read only")
        .execute((tx) => read(graphRows(tx))),
    ),

  recordDump: (dump: {
    id: string;
    position: number;
    manifestKey: string;
    vertices: number;
    edges: number;
    createdAt: string;
  }): Promise<void> =>
    query(async () => {
      await db.insertInto("graphDump").values(dump).execute();
    }),

  lastDump: () =>
    query(() =>
      db.selectFrom("graphDump").selectAll().orderBy("id", "desc").limit(1).executeTakeFirst(),
    ),
});

/** What the graph is made from: pages of rows in id order, without people's names and texts. */
const graphRows = (db: Aurora) => ({
  users: (after: string, limit: number) =>
    query(() =>
      db
        .selectFrom("user")
        .select(["id", "bannedAt", "createdAt"])
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute(),
    ),

  categories: (after: string, limit: number) =>
    query(() =>
      db
        .selectFrom("category")
        .select(["id", "name"])
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute(),
    ),

  publications: (after: string, limit: number) =>
    query(() =>
      db
        .selectFrom("publication")
        .select(["id", "sellerId", "state", "priceMinor", "currency", "createdAt"])
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute(),
    ),

  publicationCategories: (publicationIds: readonly string[]) =>
    publicationIds.length === 0
      ? Promise.resolve([])
      : query(() =>
          db
            .selectFrom("publicationCategory")
            .selectAll()
            .where("publicationId", "in", publicationIds)
            .orderBy("publicationId")
            .orderBy("categoryId")
            .execute(),
        ),

  purchases: (after: string, limit: number) =>
    query(() =>
      db
        .selectFrom("purchase")
        .select(["id", "buyerId", "shipTo", "currency", "createdAt"])
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute(),
    ),

  /** What these purchases contain, with the state of the order each line is in. */
  purchaseLines: (purchaseIds: readonly string[]) =>
    purchaseIds.length === 0
      ? Promise.resolve([])
      : query(() =>
          db
            .selectFrom("orderLine")
            .innerJoin("order", "order.id", "orderLine.orderId")
            .select([
              "orderLine.id",
              "order.purchaseId",
              "order.state",
              "orderLine.publicationId",
              "orderLine.quantity",
              "orderLine.unitPriceMinor",
            ])
            .where("order.purchaseId", "in", purchaseIds)
            .orderBy("orderLine.id")
            .execute(),
        ),

  /** The instruments that paid for these purchases. */
  purchaseInstruments: (purchaseIds: readonly string[]) =>
    purchaseIds.length === 0
      ? Promise.resolve([])
      : query(() =>
          db
            .selectFrom("payment")
            .innerJoin("order", "order.id", "payment.orderId")
            .select((eb) => [
              "order.purchaseId",
              eb.ref("payment.instrument").$notNull().as("instrument"),
              eb.fn.max("payment.cardBrand").as("brand"),
            ])
            .where("order.purchaseId", "in", purchaseIds)
            .where("payment.state", "in", CAPTURED_PAYMENT_STATES)
            .where("payment.instrument", "is not", null)
            .groupBy(["order.purchaseId", "payment.instrument"])
            .orderBy("order.purchaseId")
            .orderBy("payment.instrument")
            .execute(),
        ),

  /** What these buyers bought, each publication once. */
  bought: (buyerIds: readonly string[]) =>
    buyerIds.length === 0
      ? Promise.resolve([])
      : query(() =>
          db
            .selectFrom("order")
            .innerJoin("orderLine", "orderLine.orderId", "order.id")
            .select(["order.buyerId", "orderLine.publicationId"])
            .distinct()
            .where("order.buyerId", "in", buyerIds)
            .where("order.state", "in", BOUGHT_STATES)
            .orderBy("order.buyerId")
            .orderBy("orderLine.publicationId")
            .execute(),
        ),

  /** The id of the first order ever placed; undefined where there is none. */
  firstOrderId: (): Promise<string | undefined> =>
    query(async () => {
      const row = await db
        .selectFrom("order")
        .select("id")
        .orderBy("id")
        .limit(1)
        .executeTakeFirst();
      return row?.id;
    }),

  reviews: (after: string, limit: number) =>
    query(() =>
      db
        .selectFrom("review")
        .selectAll()
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute(),
    ),

  /** Questions as the log has them: asked by whom, when and about what, and how they stand now. */
  questions: (after: string, limit: number) =>
    query(() =>
      db
        .selectFrom("event as asked")
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom("event")
              .select("event.data")
              .whereRef("event.subjectId", "=", "asked.subjectId")
              .orderBy("event.revision", "desc")
              .limit(1)
              .as("latest"),
          (join) => join.onTrue(),
        )
        .select(["asked.subjectId as id", "asked.occurredAt as askedAt", "latest.data"])
        .where("asked.type", "=", "question.asked")
        .where("asked.subjectId", ">", after)
        .orderBy("asked.subjectId")
        .limit(limit)
        .execute(),
    ),
});
