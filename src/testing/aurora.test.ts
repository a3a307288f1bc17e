import { sql } from "kysely";
import { test } from "vitest";
import { testDatabase } from "./aurora.ts";

async function names(database: Awaited<ReturnType<typeof testDatabase>>): Promise<string[]> {
  const { rows } = await sql<{
    datname: string;
  }>`select datname from pg_database`.execute(database.db);
  return rows.map(({ datname }) => datname);
}

test("gives every caller an empty database of its own, and drops it", async ({ expect }) => {
  await using watcher = await testDatabase();
  const [one, other] = await Promise.all([testDatabase(), testDatabase()]);
  const category = { id: "018f0000-0000-7000-8000-000000000001", name: "Home", nameFolded: "home" };
  await one.db
    .insertInto("category")
    .values({ ...category, revision: 1, createdAt: "2026-01-01T00:00:00Z" })
    .execute();
  expect(await one.db.selectFrom("category").select("name").execute()).toEqual([{ name: "Home" }]);
  expect(await other.db.selectFrom("category").select("name").execute()).toEqual([]);
  const made = [one.profile.aurora.database, other.profile.aurora.database];
  expect(await names(watcher)).toEqual(expect.arrayContaining(made));
  await one[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  expect((await names(watcher)).filter((name) => made.includes(name))).toEqual([]);
});
