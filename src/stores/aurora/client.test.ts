import { sql } from "kysely";
import { test } from "vitest";
import { testDatabase } from "../../testing/aurora.ts";
import { query } from "./client.ts";

test("a connection that ends while it is in hand fails its next query, not the process", async ({
  expect,
}) => {
  await using database = await testDatabase();
  const { db } = database;
  const inHand = db.connection().execute(async (held) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(held);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    // Its end is known once the server lists it no more; the driver is told at the same time.
    await expect
      .poll(async () => {
        const left = await sql`select 1 from pg_stat_activity where pid = ${rows[0]?.pid}`.execute(
          db,
        );
        return left.rows.length;
      })
      .toBe(0);
    await sql`select 1`.execute(held);
  });
  // Whether the server's farewell or a broken pipe is heard first is the engine's affair.
  await expect(query(() => inHand)).rejects.toMatchObject({ code: "unavailable" });
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
});
