import { type Aurora, query } from "./client.ts";

export type GraphSource = ReturnType<typeof graphSource>;

/** What the graph is made from: pages of rows in id order, without anything that says who people are. */
export const graphSource = (db: Aurora) => ({
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
            .select(["order.purchaseId", "payment.instrument", "payment.cardBrand"])
            .distinct()
            .where("order.purchaseId", "in", purchaseIds)
            .where("payment.instrument", "is not", null)
            .orderBy("order.purchaseId")
            .orderBy("payment.instrument")
            .execute(),
        ),

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

  /** Questions as the log has them: asked by whom, about what, and how they stand now. */
  questions: (after: string, limit: number) =>
    query(() =>
      db
        .selectFrom("event")
        .select(["subjectId as id", "data", "occurredAt"])
        .distinctOn("subjectId")
        .where("subjectKind", "=", "question")
        .where("subjectId", ">", after)
        .orderBy("subjectId")
        .orderBy("revision", "desc")
        .limit(limit)
        .execute(),
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
