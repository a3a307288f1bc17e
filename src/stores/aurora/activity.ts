import type { Insertable } from "kysely";
import { type Aurora, query } from "./client.ts";
import type { Database } from "./schema.ts";

export type ActivityStore = ReturnType<typeof activityStore>;

/** What people looked at, copied from DynamoDB for analysis. */
export const activityStore = (db: Aurora) => ({
  /** Copies a batch; what was copied already stays as it is. */
  copy: (rows: readonly Insertable<Database["activity"]>[]): Promise<void> =>
    query(async () => {
      if (rows.length === 0) return;
      await db
        .insertInto("activity")
        .values(rows)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    }),
});
