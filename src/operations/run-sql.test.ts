import { sql } from "kysely";
import { expect, type TestContext, test } from "vitest";
import { type Actor, STAFF_ROLES, type StaffRole } from "../domain/actor.ts";
import type { DataRows } from "../domain/data-rows.ts";
import { newId } from "../domain/ids.ts";
import { readOnlyStore } from "../stores/aurora/read-only.ts";
import { testDatabase } from "../testing/aurora.ts";
import { runSql } from "./run-sql.ts";

const TIMEOUT_MS = 20_000;

const staff = (...roles: StaffRole[]): Actor => ({ userId: newId(), roles, operatorId: null });

async function all({ columns, batches }: DataRows) {
  const rows = [];
  for await (const batch of batches) rows.push(...batch);
  return { columns, rows };
}

async function setup(t: TestContext) {
  const { db, profile, ...database } = await testDatabase();
  t.onTestFinished(() => database[Symbol.asyncDispose]());
  const statements = readOnlyStore(profile);
  const { signal } = new AbortController();
  /** As `mkt sql` runs it. */
  const ask = (
    statement: string,
    { role = "operator", timeoutMs = TIMEOUT_MS, ...more }: Wish = {},
  ) => runSql({ actor: staff(role), statement, timeoutMs, signal, ...more }, all, { statements });
  /** Past what `mkt sql` refuses by itself: only the database stands in its way. */
  const bare = (text: string, role: StaffRole) =>
    statements.read({ text, role, timeoutMs: TIMEOUT_MS, signal }, all);
  return { db, statements, ask, bare };
}

interface Wish {
  role?: StaffRole;
  timeoutMs?: number;
  signal?: AbortSignal;
}

const ATTACKS = [
  "delete from cursor",
  "insert into cursor values ('x', 1, '{}', now())",
  "with gone as (delete from cursor returning 1) select * from gone",
  "explain analyze delete from cursor",
  "truncate cursor",
  "drop table cursor",
  "create table mine (n int)",
  "create temp table mine (n int)",
  "create function f() returns int language sql as 'select 1'",
  "lock table cursor in access exclusive mode",
  "grant all on cursor to public",
  "set transaction read write",
  "select set_config('transaction_read_only', 'off', false)",
  "begin read write",
  "set role mkt_app",
  "set session authorization mkt_migrator",
  "alter role current_user password 'mine'",
  "alter role current_user set default_transaction_read_only = off",
  "commit; delete from cursor",
  "select 1; delete from cursor",
  "do $$ begin commit; delete from cursor; end $$",
  "do $$ begin set transaction read write; delete from cursor; end $$",
  "copy cursor from stdin",
  "copy (select 1) to program 'true'",
  "copy (select 1) to '/tmp/mkt-copied'",
  "select pg_read_file('/etc/passwd')",
  "select nextval('event_id_seq')",
  "select lo_import('/etc/passwd')",
  "select query_to_xml('delete from cursor', true, true, '')",
  'select password_hash from public."user"',
  "select card_token from public.payment",
];

/** Not refused, but over with the statement's transaction and connection. */
const IDLE = [
  "commit",
  "rollback",
  "set session characteristics as transaction read write",
  "set default_transaction_read_only = off",
  "select set_config('default_transaction_read_only', 'off', false)",
  "notify somebody",
  "copy (select 1) to stdout",
  "select pg_advisory_lock(1)",
];

test("whatever a role tries, nothing changes", async (t) => {
  const { db, bare } = await setup(t);
  await sql`insert into cursor values ('relay', 7, '{}', now())`.execute(db);
  const state = () =>
    sql`select (select json_agg(c) from cursor c) as cursors, (select count(*) from pg_class) as things,
      (select json_agg(r order by rolname) from pg_roles r where rolname like 'mkt%') as roles,
      (select count(*) from pg_locks where locktype = 'advisory' and database =
        (select oid from pg_database where datname = current_database())) as locks`.execute(db);
  const before = await state();
  for (const role of STAFF_ROLES) {
    for (const attack of ATTACKS)
      await expect(bare(attack, role), `${role}: ${attack}`).rejects.toThrow();
    for (const statement of IDLE) await bare(statement, role);
  }
  await expect.poll(async () => (await state()).rows).toEqual(before.rows);
}, 60_000);

test.for([
  "set transaction read write",
  "commit",
  "delete from cursor",
  "copy cursor to stdout",
  "/* select */ do 'x'",
])("%s is refused before it reaches the database", async (statement, t) => {
  const { ask } = await setup(t);
  await expect(ask(statement)).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringMatching(/^mkt sql only reads/),
  });
});

test("the same statement asks tables or views, as the role may", async (t) => {
  const { ask } = await setup(t);
  for (const role of STAFF_ROLES) {
    const { rows } = await ask('select count(*) from "order" -- all\n;', { role });
    expect(rows).toEqual([["0"]]);
  }
  expect((await ask('select email from "user"', { role: "support" })).rows).toEqual([]);
  await expect(ask('select password_hash from "user"', { role: "analyst" })).rejects.toMatchObject({
    code: "invalid",
    message: 'column "password_hash" does not exist (line 1, column 8)',
  });
  await expect(ask('select email from public."user"', { role: "analyst" })).rejects.toMatchObject({
    code: "not_allowed",
  });
  await expect(runSqlAs(staff())).rejects.toMatchObject({ code: "not_allowed" });

  function runSqlAs(actor: Actor) {
    const { signal } = new AbortController();
    const never = { read: () => Promise.reject(new Error("asked the database")) };
    return runSql({ actor, statement: "select 1", timeoutMs: 1, signal }, all, {
      statements: never,
    });
  }
});

test("errors say where, and what PostgreSQL advises", async (t) => {
  const { ask } = await setup(t);
  await expect(ask("select 'São',\n  stat from publication")).rejects.toMatchObject({
    code: "invalid",
    message: 'column "stat" does not exist (line 2, column 3)',
  });
  await expect(ask("select pricee_minor from publication")).rejects.toMatchObject({
    hint: expect.stringContaining("price_minor"),
  });
  await expect(ask("select 1; select 2")).rejects.toMatchObject({
    code: "usage",
    message: "one statement at a time",
  });
  await expect(ask(" -- nothing")).rejects.toMatchObject({ code: "usage" });
});

test("values come as text that says all, with their kinds", async (t) => {
  const { ask } = await setup(t);
  const { columns, rows } =
    await ask(`select 1::bigint as a, 12.50 as a, 0.1::float8 as f, true as b,
    timestamptz '2018-01-02 03:04:05.678901-03' as at, timestamp '2018-01-02 03:04:05' as wall, date '2018-01-02' as day,
    array['x', null] as texts, '{"a": 1}'::jsonb as j, null as nothing,
    timestamptz '2018-01-02 03:04Z' at time zone 'America/Sao_Paulo' as there`);
  expect(columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    "a integer",
    "a_2 number",
    "f number",
    "b boolean",
    "at time",
    "wall text",
    "day text",
    "texts json",
    "j json",
    "nothing text",
    "there text",
  ]);
  expect(rows).toEqual([
    [
      "1",
      "12.50",
      "0.1",
      "true",
      "2018-01-02T06:04:05.678Z",
      "2018-01-02T03:04:05",
      "2018-01-02",
      '["x",null]',
      '{"a": 1}',
      null,
      "2018-01-02T01:04:00",
    ],
  ]);
});

test("a statement without rows still has columns, and many rows come in batches", async (t) => {
  const { ask, statements } = await setup(t);
  expect(await ask("select 1 as n where false")).toEqual({
    columns: [{ name: "n", kind: "integer" }],
    rows: [],
  });
  const { signal } = new AbortController();
  const first = await runSql(
    {
      actor: staff("analyst"),
      statement: "select generate_series(1, 1000000000)",
      timeoutMs: TIMEOUT_MS,
      signal,
    },
    async ({ batches }) => {
      for await (const batch of batches) return batch.length;
      return 0;
    },
    { statements },
  );
  expect(first).toBeLessThanOrEqual(1_000);
});

test("a slow statement is given up, or stopped in the server by whoever waits for it", async (t) => {
  const { ask } = await setup(t);
  await expect(ask("select pg_sleep(30)", { timeoutMs: 50 })).rejects.toMatchObject({
    code: "unavailable",
    message: "the statement took longer than 0.05 s",
  });
  const stop = new AbortController();
  const stopped = ask("select pg_sleep(31)", { signal: stop.signal }).catch((error) => error);
  // A role sees what its own sessions do.
  const sleeping = async () => {
    const { rows } = await ask(
      "select 1 from pg_stat_activity where query like 'select pg_sleep(31)%' and state = 'active'",
    );
    return rows.length;
  };
  await expect.poll(sleeping).toBe(1);
  stop.abort();
  expect(await stopped).toMatchObject({ code: "interrupted" });
  await expect.poll(sleeping).toBe(0);
});

test("\\d lists what the role may read", async (t) => {
  const { ask } = await setup(t);
  const tables = async (role: StaffRole) =>
    (await ask("\\d", { role })).rows.map(([schema, name]) => `${schema}.${name}`);
  expect(await tables("operator")).toEqual(
    expect.arrayContaining(["public.event", "analytics.event"]),
  );
  expect(await tables("support")).not.toContain("public.event");
  expect((await tables("analyst")).filter((name) => name.startsWith("public."))).toEqual([]);
  const columns = async (of: string, role: StaffRole) =>
    (await ask(`\\d ${of}`, { role })).rows.map(([name]) => name);
  expect(await columns('"user"', "operator")).toContain("email");
  expect(await columns("user;", "operator")).not.toContain("password_hash");
  expect(await columns("user", "analyst")).not.toContain("banned_at");
  expect(await columns("analytics.user", "operator")).not.toContain("banned_at");
  await expect(ask("\\dt")).rejects.toMatchObject({ code: "usage" });
});
