import type { Insertable } from "kysely";
import { type Aurora, query } from "./client.ts";
import type { Database } from "./schema.ts";

export type ActivityStore = ReturnType<typeof activityStore>;

/** One statement has at most 65,535 parameters. */
const ROWS_A_STATEMENT = 1_000;

/** What people looked at, copied from DynamoDB for analysis. */
export const activityStore = (db: Aurora) => ({
  /** Copies a batch; what was copied already stays as it is. */
  copy: (rows: readonly Insertable<Database["activity"]>[]): Promise<void> =>
    query(async () => {
      for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
        await db
          .insertInto("activity")
          .values(rows.slice(start, start + ROWS_A_STATEMENT))
          .onConflict((conflict) => conflict.column("id").doNothing())
          .execute();
      }
    }),
});
