import { type Selectable, sql } from "kysely";
import { type Aurora, query } from "./client.ts";
import type { Database } from "./schema.ts";

export type Webhook = Selectable<Database["webhook"]>;
export type WebhookStore = ReturnType<typeof webhookStore>;

/** Which messages to list, newest first, before an id. */
export interface WebhookFilter {
  limit: number;
  after?: string | undefined;
  provider?: Webhook["provider"] | undefined;
  state?: Webhook["state"] | undefined;
  since?: string | undefined;
}

/** What of ours a message speaks of. */
export interface Subject {
  kind: "payment" | "refund" | "shipment";
  id: string;
  orderId: string;
  state: string;
}

/** A failed message waits 0.2 s, then twice as long each time, up to an hour. */
const FIRST_WAIT_SECONDS = 0.1;
const LONGEST_WAIT_SECONDS = 3_600;

/** What providers told us, kept before anything is done about it. */
export const webhookStore = (db: Aurora) => ({
  /** Keeps a message once; says whether it is new. */
  receive: (message: {
    id: string;
    provider: Webhook["provider"];
    providerEventId: string;
    body: string;
    receivedAt: string;
  }): Promise<boolean> =>
    query(async () => {
      const row = await db
        .insertInto("webhook")
        .values({ ...message, state: "received", reason: null, doneAt: null })
        .onConflict((conflict) => conflict.columns(["provider", "providerEventId"]).doNothing())
        .returning("id")
        .executeTakeFirst();
      return row !== undefined;
    }),

  /** Keeps a message that was refused, with why. */
  refuse: (message: {
    id: string;
    provider: Webhook["provider"];
    body: string;
    reason: string;
    receivedAt: string;
  }): Promise<void> =>
    query(async () => {
      const row = { ...message, providerEventId: null, state: "refused" as const, doneAt: null };
      await db.insertInto("webhook").values(row).execute();
    }),

  /**
   * A provider's messages whose turn it is, the longest due first; those that failed wait before they are
   * tried again, and those that failed often are left for people.
   */
  waiting: (
    provider: Webhook["provider"],
    limit: number,
    attemptsLimit: number,
  ): Promise<Webhook[]> =>
    query(() =>
      db
        .selectFrom("webhook")
        .selectAll()
        .where("provider", "=", provider)
        .where("state", "in", ["received", "failed"])
        .where("attempts", "<", attemptsLimit)
        .where("nextTryAt", "<=", sql<string>`clock_timestamp()`)
        .orderBy("nextTryAt")
        .orderBy("id")
        .limit(limit)
        .execute(),
    ),

  done: (id: string, at: string): Promise<void> =>
    query(async () => {
      await db
        .updateTable("webhook")
        .set({ state: "done", doneAt: at })
        .where("id", "=", id)
        .execute();
    }),

  /** Nothing could be done about it: it waits longer each time. */
  failed: (id: string, reason: string): Promise<void> =>
    query(async () => {
      await db
        .updateTable("webhook")
        .set((eb) => ({
          state: "failed",
          reason,
          attempts: eb("attempts", "+", 1),
          nextTryAt: sql<string>`clock_timestamp() + make_interval(secs =>
            least(${LONGEST_WAIT_SECONDS}, ${FIRST_WAIT_SECONDS} * 2 ^ (attempts + 1)))`,
        }))
        .where("id", "=", id)
        .where("state", "!=", "done")
        .execute();
    }),

  /** It could not be asked about: it goes behind the others, and that is no attempt. */
  postpone: (id: string): Promise<void> =>
    query(async () => {
      await db
        .updateTable("webhook")
        .set({ nextTryAt: sql<string>`clock_timestamp()` })
        .where("id", "=", id)
        .execute();
    }),

  find: (id: string): Promise<Webhook | undefined> =>
    query(() => db.selectFrom("webhook").selectAll().where("id", "=", id).executeTakeFirst()),

  findByEvent: (providerEventId: string): Promise<Webhook | undefined> =>
    query(() =>
      db
        .selectFrom("webhook")
        .selectAll()
        .where("providerEventId", "=", providerEventId)
        .executeTakeFirst(),
    ),

  list: ({ limit, after, provider, state, since }: WebhookFilter): Promise<Webhook[]> =>
    query(() => {
      let rows = db.selectFrom("webhook").selectAll().orderBy("id", "desc").limit(limit);
      if (after) rows = rows.where("id", "<", after);
      if (provider) rows = rows.where("provider", "=", provider);
      if (state) rows = rows.where("state", "=", state);
      if (since) rows = rows.where("receivedAt", ">=", since);
      return rows.execute();
    }),

  /** Which of these events of a provider were received. */
  received: (provider: Webhook["provider"], eventIds: readonly string[]): Promise<Set<string>> =>
    query(async () => {
      if (eventIds.length === 0) return new Set<string>();
      const rows = await db
        .selectFrom("webhook")
        .select("providerEventId")
        .where("provider", "=", provider)
        .where("providerEventId", "in", eventIds)
        .execute();
      return new Set(rows.flatMap(({ providerEventId }) => providerEventId ?? []));
    }),

  /** What of ours a provider's object is; undefined when we do not know it, or not yet under this id. */
  subject: (kind: Subject["kind"], providerId: string): Promise<Subject | undefined> =>
    query(async () => {
      const row =
        kind === "refund"
          ? await db
              .selectFrom("refund")
              .innerJoin("payment", "payment.id", "refund.paymentId")
              .select(["refund.id", "payment.orderId", "refund.state"])
              .where("refund.providerId", "=", providerId)
              .executeTakeFirst()
          : await db
              .selectFrom(kind)
              .select(["id", "orderId", "state"])
              .where("providerId", "=", providerId)
              .executeTakeFirst();
      return row && { kind, ...row };
    }),
});
