import type { Selectable } from "kysely";
import { type Aurora, query } from "./client.ts";
import type { Database } from "./schema.ts";

export type Webhook = Selectable<Database["webhook"]>;
export type WebhookStore = ReturnType<typeof webhookStore>;

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

  /** A provider's messages that wait, oldest first; those that failed often are left for people. */
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

  failed: (id: string, reason: string): Promise<void> =>
    query(async () => {
      await db
        .updateTable("webhook")
        .set((eb) => ({ state: "failed", reason, attempts: eb("attempts", "+", 1) }))
        .where("id", "=", id)
        .where("state", "!=", "done")
        .execute();
    }),
});
