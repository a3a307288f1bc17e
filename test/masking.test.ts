import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { expect, type TestContext, test } from "vitest";
import type { Profile } from "../src/config.ts";
import type { DataRows } from "../src/domain/data-rows.ts";
import { EXPORTED_THINGS, exported } from "../src/domain/exported.ts";
import { newId } from "../src/domain/ids.ts";
import { parseHistoryMapping } from "../src/domain/mapping/history.ts";
import { SEED_DEFAULTS } from "../src/domain/seed/parameters.ts";
import { answer, ask } from "../src/operations/ask.ts";
import { buy } from "../src/operations/buy.ts";
import { cancelOrder } from "../src/operations/cancel-order.ts";
import { copyQuestions } from "../src/operations/copy-questions.ts";
import { exportRows } from "../src/operations/export-rows.ts";
import { importHistory } from "../src/operations/import/import-history.ts";
import { login } from "../src/operations/login.ts";
import { banUser } from "../src/operations/manage-users.ts";
import { openDispute } from "../src/operations/open-dispute.ts";
import { pay } from "../src/operations/pay.ts";
import { register } from "../src/operations/register.ts";
import { review } from "../src/operations/review.ts";
import { planReport, runReport } from "../src/operations/run-report.ts";
import { runSql } from "../src/operations/run-sql.ts";
import { seed } from "../src/operations/seed.ts";
import { tailEvents } from "../src/operations/tail-events.ts";
import { REPORTS } from "../src/reports/all.ts";
import { type Aurora, connection } from "../src/stores/aurora/client.ts";
import { migrateUp } from "../src/stores/aurora/migrate.ts";
import { testDatabase } from "../src/testing/aurora.ts";
import type { Marketplace } from "../src/testing/marketplace.ts";
import { testSale } from "../src/testing/sale.ts";
import { importSource } from "./import-source.ts";

const TIMEOUT_MS = 240_000;
/** Part of everything personal that the test types somewhere. */
const TELL_TALE = /quagga/i;
const ZOE = { email: "zoe@quagga.test", name: "Zoe Quagga", address: "Quagga Lane 1, Rosario" };
const TYPED = "I am Zoe Quagga of Quagga Lane 1, zoe@quagga.test";
const PASSWORD = "a horse with half its stripes";
const WAIT_MS = 5_000;

/** A marketplace in which personal data stands everywhere where people or files can bring it. */
async function tellTales(t: TestContext): Promise<Marketplace> {
  const { market, deps, buyer, orderId, ...sale } = await testSale(t, {
    prices: [10_000, 500],
  });
  const zoe = await register({ ...ZOE, password: PASSWORD }, deps);
  await login({ email: ZOE.email, password: PASSWORD }, deps);
  const actor = { userId: zoe.id, roles: [], operatorId: null };
  const operator = await market.user("Olga Quagga", "operator");
  const bob = await register(
    { email: "bob@quagga.test", name: "Bob Quagga", address: "-", password: PASSWORD },
    deps,
  );
  await banUser({ actor: operator, user: bob.id, reason: TYPED }, deps);

  const page = await market.publication(actor, {
    title: "Lamp of Zoe Quagga",
    description: TYPED,
    keywords: "quagga",
    externalId: "zoe@quagga.test",
  });
  const question = await ask({ actor: buyer, publication: page.id, text: TYPED }, deps);
  await answer({ actor, question: question.id, answer: TYPED }, deps);
  await copyQuestions(deps);

  const wanted = [{ publication: page.id, quantity: 1 }];
  const shipTo = "Quagga Lane 2, Rosario";
  const { orders } = await buy({ actor: buyer, key: "quagga", wanted, shipTo }, deps);
  const order = orders[0]?.id ?? "";
  await pay({ actor: buyer, target: order, card: "tok_approved", waitMs: WAIT_MS }, deps);
  await cancelOrder({ actor: buyer, order, reason: TYPED }, deps);
  await sale.bring("delivered");
  const rated = { order: orderId, lineNumber: 1, conforms: true, rating: 5 };
  await review({ actor: buyer, ...rated, text: TYPED }, deps);
  await openDispute(
    { actor: buyer, order: orderId, reason: "not_as_described", note: TYPED },
    deps,
  );

  const searched = [
    "zoe@quagga.test lamp",
    "zoe quagga",
    "Quagga Lane 1, Rosario",
    "calle quagga 7",
  ];
  await deps.activity.copy(
    searched.map((words) => ({
      id: newId(),
      kind: "search" as const,
      userId: zoe.id,
      publicationId: null,
      words,
      resultCount: 0,
      at: deps.now(),
    })),
  );
  await importTellTales(t, market, operator);
  await seed(
    {
      actor: operator,
      parameters: {
        ...SEED_DEFAULTS,
        seed: 42,
        users: 60,
        publications: 20,
        orders: 40,
        days: 30,
        fraudRings: 1,
        washTrading: 0,
        collusion: 0,
        language: "en",
        currency: "ARS",
        timeZone: "UTC",
      },
      direct: true,
      dryRun: false,
      signal: new AbortController().signal,
      progress: () => undefined,
    },
    deps,
  );
  await deps.events.sequence();
  return market;
}

/** A source that calls its buyers, its orders and their items by e-mail, and writes of people where a status stands. */
async function importTellTales(
  t: TestContext,
  { deps }: Marketplace,
  actor: Awaited<ReturnType<Marketplace["user"]>>,
): Promise<void> {
  const { directory, mapping } = await importSource(t, 5);
  const order = "zoe@quagga.test;c9;call Zoe Quagga, Quagga street 7;01/06/2025 09:00;;;;";
  await appendFile(
    join(directory, "pedidos.csv"),
    `${order}\nZoe Quagga;c9;;01/06/2025 09:00;;;;\n`,
  );
  await appendFile(
    join(directory, "lineas.csv"),
    "zoe@quagga.test;bob@quagga.test;p1;t1;3;1;1\nZoe Quagga;1;p1;t1;3;1;1\n",
  );
  await appendFile(
    join(directory, "clientes.csv"),
    "c9;p9;Ida Quagga;ida@quagga.test;Quagga Lane 9;Quagga Lane 9\n",
  );
  const buyers = Object.assign({}, mapping.buyers, { externalId: "correo" });
  const report = await importHistory(
    {
      actor,
      directory,
      mapping: parseHistoryMapping({ ...mapping, buyers }, "a mapping"),
      dryRun: false,
      wait: false,
      stopping: new AbortController().signal,
      progress: () => undefined,
      onRejected: async () => undefined,
      onFlagged: async () => undefined,
    },
    deps,
  );
  expect(report.rows.orders).toBeGreaterThan(25);
}

const QUOTED = /["\\]/g;

/** What is personal of everybody here, as texts long enough to be nothing else; and what the test typed. */
async function personalTexts(db: pg.Client): Promise<string[]> {
  const { rows } = await db.query(
    `select email as text from "user" union select name from "user" union select address from "user"
      union select ship_to from purchase`,
  );
  return (
    rows
      .map(({ text }): string => text.replaceAll(QUOTED, "\\$&"))
      // `unknown` is how an import calls whom its source does not name.
      .filter((text) => text.length >= 6 && text !== "unknown")
  );
}

/** Where something personal stands, and the first that was found there. */
function leaks(read: ReadonlyMap<string, string>, personal: readonly string[]): string[] {
  return [...read].flatMap(([place, text]) => {
    const found = TELL_TALE.exec(text)?.[0] ?? personal.find((each) => text.includes(each));
    return found === undefined ? [] : [`${place}: ${found}`];
  });
}

/** Everything that the role of a connection may read, in whole rows, by name: of every schema, or only of one. */
async function readEverything(client: pg.Client, schema = "%"): Promise<Map<string, string>> {
  const { rows } = await client.query(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'v', 'm', 'p', 'f') and has_schema_privilege(n.oid, 'usage')
        and has_any_column_privilege(c.oid, 'select') and n.nspname like $1`,
    [schema],
  );
  const read = new Map<string, string>();
  for (const { name } of rows) {
    const text = await client
      .query(`select string_agg(r::text, chr(10)) as text from ${name} r`)
      .then(
        ({ rows: [row] }) => row.text ?? "",
        (error: unknown) => refusal(name, error),
      );
    read.set(name, text);
  }
  return read;
}

/** What PostgreSQL's own views say where they stand on what not everybody, or no such machine, may or can do. */
function refusal(name: string, error: unknown): string {
  if (error instanceof pg.DatabaseError && name.startsWith("pg_catalog.")) return error.message;
  throw error;
}

async function connected(t: TestContext, { aurora }: Profile, role: string): Promise<pg.Client> {
  const client = new pg.Client({ ...connection(aurora, role), statement_timeout: 30_000 });
  await client.connect();
  client.on("error", () => undefined);
  t.onTestFinished(() => client.end());
  return client;
}

test("nothing that an analyst can read, by psql or by mkt, has an e-mail, a name or an address in it", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const market = await tellTales(t);
  const { profile } = market.config;
  const admin = await connected(t, profile, profile.aurora.adminRole);
  const personal = await personalTexts(admin);
  expect(personal.length).toBeGreaterThan(100);
  // The tell-tales are where the test means them to be.
  const planted = [
    "user",
    "event",
    "purchase",
    "order",
    "order_line",
    "publication",
    "refund",
    "activity",
  ];
  const { rows: places } = await admin.query(
    "select format('public.%I', name) as place from unnest($1::text[]) as name",
    [planted],
  );
  const everything = leaks(await readEverything(admin, "public"), personal);
  for (const { place } of places)
    expect(everything).toContainEqual(expect.stringContaining(`${place}: `));

  // What others are doing at this moment: an import's files in temporary tables, statements, a large object.
  const other = await connected(t, profile, "mkt_app");
  await other.query("begin");
  await other.query("create temp table staged as select 'zoe@quagga.test' as email");
  await other.query("select lo_from_bytea(726115, 'zoe@quagga.test')");
  await other.query("select 'zoe@quagga.test'");

  const analyst = await connected(t, profile, "mkt_analyst");
  const read = await readEverything(analyst);
  expect([...read.keys()]).toEqual(
    expect.arrayContaining(["analytics.event", 'analytics."user"', "pg_catalog.pg_stats"]),
  );
  expect(read.get("analytics.event")).toContain("question.answered");
  expect(leaks(read, personal)).toEqual([]);
  expect(leaks(await readByCommands(market), personal)).toEqual([]);
  for (const statement of ["select * from pg_temp.staged", "select lo_get(726115)"])
    await expect(analyst.query(statement)).rejects.toThrow();

  // It would find one.
  await admin.query(
    `create view analytics.leak as select 'of ' || email as it from public."user" where email like 'zoe%'`,
  );
  await admin.query("grant select on analytics.leak to mkt_analyst");
  expect(leaks(await readEverything(analyst, "analytics"), personal)).toEqual([
    "analytics.leak: quagga",
  ]);
  await admin.query("drop view analytics.leak");
});

/** What analysts get from `mkt export`, `mkt sql`, `mkt report` and `mkt event tail`. */
async function readByCommands({ deps, ...market }: Marketplace): Promise<Map<string, string>> {
  const actor = await market.user("ada", "analyst");
  const { signal } = new AbortController();
  const read = new Map<string, string>();
  const texts = async ({ columns, batches }: DataRows) => {
    const rows: string[] = [columns.map(({ name }) => name).join()];
    for await (const batch of batches) rows.push(...batch.map((row) => row.join(" ")));
    return rows.join("\n");
  };
  for (const what of EXPORTED_THINGS) {
    const { roles = ["analyst"] } = exported(what);
    const wish = { actor, what, columns: undefined, since: undefined, until: undefined, signal };
    expect(roles).toContain("analyst");
    read.set(`export ${what}`, await exportRows(wish, texts, deps));
  }
  const sqlWish = { actor, timeoutMs: WAIT_MS, signal };
  const tables = await runSql({ ...sqlWish, statement: "\\d" }, texts, deps);
  for (const line of tables.split("\n").slice(1)) {
    const [schema, name] = line.split(" ");
    expect(schema).toBe("analytics");
    const statement = `select * from ${schema}."${name}"`;
    read.set(`sql ${name}`, await runSql({ ...sqlWish, statement }, texts, deps));
    await runSql({ ...sqlWish, statement: `\\d ${name}` }, texts, deps);
  }
  for (const { name, groupings } of REPORTS) {
    for (const by of groupings) {
      const none = { since: undefined, until: undefined, timeZone: undefined, limit: undefined };
      const planned = planReport({ name, by, ...none }, deps);
      read.set(`report ${name} by ${by}`, await runReport({ actor, planned, signal }, texts, deps));
    }
  }
  const tail = { actor, after: 0, types: [], imported: true, limit: 10_000 };
  read.set("event tail", JSON.stringify(await tailEvents(tail, deps)));
  return read;
}

test("what is masked stands where it is looked for, and what is no person's stays", async (t) => {
  const { db, profile, ...database } = await testDatabase();
  t.onTestFinished(() => database[Symbol.asyncDispose]());
  const analyst = await connected(t, profile, "mkt_analyst");
  await somebody(db);
  const { rows: users } = await analyst.query(
    'select email, name, address, external_id from analytics."user" order by id',
  );
  expect(users).toEqual([
    { email: "***", name: "***", address: "***", external_id: "***" },
    { email: "***", name: "***", address: "***", external_id: null },
  ]);
  const one = async (text: string) => Object.values((await analyst.query(text)).rows[0] ?? {});
  expect(await one("select ship_to, external_id from analytics.purchase")).toEqual([
    "***",
    "A-17/b",
  ]);
  const searched = {
    lamp: "lamp",
    "iphone 15 pro": "iphone 15 pro",
    "calle de luz": "calle de luz",
    "Calle Falsa 123": "***",
    "write to eva@example.com": "***",
    "+54 11 4444-5555": "***",
    "  EVA luz ": "***",
    "long road 4": "***",
    "a street": "***",
    "4444 lamps": "4444 lamps",
  };
  for (const words of Object.keys(searched))
    await sql`insert into activity (id, kind, words, at) values (${newId()}, 'search', ${words}, now())`.execute(
      db,
    );
  const { rows } = await analyst.query(
    `select a.words, b.words as typed from analytics.activity a join (select id, '' as words from analytics.activity) b using (id)`,
  );
  expect(rows.map(({ words }) => words).sort()).toEqual(Object.values(searched).sort());
});

test("a region is too coarse to be masked: nothing finer can stand there", async (t) => {
  const { db, profile, ...database } = await testDatabase();
  t.onTestFinished(() => database[Symbol.asyncDispose]());
  const analyst = await connected(t, profile, "mkt_analyst");
  await somebody(db);
  const admin = await connected(t, profile, profile.aurora.adminRole);
  await admin.query(
    `insert into "order" (id, purchase_id, buyer_id, seller_id, state, lines_minor, shipping_minor, total_minor, currency,
      reserved_until, created_at, changed_at, region)
      select gen_random_uuid(), p.id, p.buyer_id, u.id, 'reserved', 1, 0, 1, 'ARS', now(), now(), now(), 'Santa Fe'
      from purchase p join "user" u on u.id <> p.buyer_id`,
  );
  const { rows } = await analyst.query(`select region from analytics."order"`);
  expect(rows).toEqual([{ region: "Santa Fe" }]);
  await expect(analyst.query(`select region from analytics."user"`)).rejects.toThrow();
  for (const table of ["user", "order"])
    for (const region of ["Quagga Lane 1", "zoe@quagga.test", "C1043", "", "x".repeat(61)])
      await expect(
        admin.query(`update "${table}" set region = $1`, [region]),
        `${table} ${region}`,
      ).rejects.toThrow(/region_check/);
  await admin.query(`update "order" set region = 'FR-75'`);
});

async function somebody(db: Aurora): Promise<void> {
  const [first, second] = [newId(), newId()];
  await sql`insert into "user" (id, email, email_folded, name, address, password_hash, created_at, external_id, source) values
    (${first}, 'eva@example.com', 'eva@example.com', 'Eva Luz', 'a street', '-', now(), 'eva', 'tienda'),
    (${second}, 'b@example.com', 'b@example.com', 'Bo', 'elsewhere', '-', now(), null, null)`.execute(
    db,
  );
  await sql`insert into purchase (id, buyer_id, key, request_digest, ship_to, currency, created_at, external_id, source)
    values (${newId()}, ${first}, 'k', '', 'a street', 'ARS', now(), 'A-17/b', 'tienda')`.execute(
    db,
  );
}

const ROLES = ["mkt_app", "mkt_operator", "mkt_support", "mkt_migrator", "postgres"];
const REFUSED = [
  ...ROLES.map((role) => `set role ${role}`),
  ...ROLES.map((role) => `set session authorization ${role}`),
  ...ROLES.slice(0, 4).map((role) => `grant ${role} to mkt_analyst`),
  "alter role mkt_analyst superuser",
  "create role somebody",
  "create table analytics.mine (n int)",
  "create table public.mine (n int)",
  "create table mine (n int)",
  "create temp table mine (n int)",
  "create view analytics.mine as select 1",
  'create or replace view analytics."user" as select * from public."user"',
  "create schema mine",
  "create function analytics.mine() returns int language sql as 'select 1'",
  "create function pg_temp.mine() returns int language sql as 'select 1'",
  "create extension postgres_fdw",
  "create foreign data wrapper mine",
  "create publication mine for all tables",
  "create database mine",
  'create trigger mine before insert on analytics."user" execute function suppress_redundant_updates_trigger()',
  'create rule mine as on select to analytics."user" do instead select 1',
  'alter view analytics."user" owner to mkt_analyst',
  'drop view analytics."user"',
  "insert into analytics.category (id) values (gen_random_uuid())",
  "update analytics.category set name = 'x'",
  "delete from analytics.category",
  'lock table analytics."order" in exclusive mode',
  'lock table public."order" in access share mode',
  'grant select on public."user" to mkt_analyst',
  "select nextval('public.event_id_seq')",
  "select last_value from public.event_id_seq",
  "select * from pg_statistic",
  "select * from pg_toast.pg_toast_2619",
  "select * from pg_authid",
  "select * from pg_largeobject",
  "select * from pg_hba_file_rules",
  "select pg_read_file('/etc/passwd')",
  "select pg_read_binary_file('/etc/passwd')",
  "select pg_ls_dir('.')",
  "select pg_ls_logdir()",
  "select pg_stat_file('PG_VERSION')",
  "select lo_import('/etc/passwd')",
  "copy (select 1) to '/tmp/mkt-analyst'",
  "copy (select 1) to program 'true'",
  "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'mkt_app'",
  "select pg_cancel_backend(pid) from pg_stat_activity where usename = 'mkt_app'",
  "select pg_reload_conf()",
  "select pg_switch_wal()",
  "select pg_stat_reset()",
  "select pg_create_physical_replication_slot('mine')",
  "alter system set log_statement = 'all'",
  "set log_statement = 'all'",
  "set session_preload_libraries = 'x'",
  "load 'plpgsql_check'",
  'do language plpgsql $$ begin perform email from public."user"; end $$',
  `select query_to_xml('select * from public."user"', true, true, '')`,
  `select table_to_xml('public."user"', true, true, '')`,
  `select database_to_xml(true, true, '') from public."user"`,
];

test("an analyst with psql reads no table, makes nothing, becomes nobody else and stops nobody", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const profile = await migrated(t);
  await connected(t, profile, "mkt_app");
  const admin = await connected(t, profile, profile.aurora.adminRole);
  const analyst = await connected(t, profile, "mkt_analyst");
  const { rows } = await admin.query(
    `select format('%I', relname) as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm')`,
  );
  expect(rows.length).toBeGreaterThan(25);
  for (const { name } of rows)
    await expect(analyst.query(`select * from public.${name}`), name).rejects.toThrow(/denied/);
  for (const statement of REFUSED)
    await expect(analyst.query(statement), statement).rejects.toThrow();
  const { rows: memberships } = await admin.query(
    `select roleid::regrole from pg_auth_members where member = 'mkt_analyst'::regrole
      union all select 'mkt_analyst' from pg_roles
      where rolname = 'mkt_analyst' and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)`,
  );
  expect(memberships).toEqual([]);
  const { rows: functions } = await admin.query(
    `select oid::regprocedure::text as name from pg_proc
      where pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        and has_function_privilege('mkt_analyst', oid, 'execute') and has_schema_privilege('mkt_analyst', pronamespace, 'usage')
      order by 1`,
  );
  expect(functions.map(({ name }) => name)).toEqual([
    "analytics.code(text)",
    "analytics.tells_of_somebody(text)",
  ]);
});

/** A database that was migrated, not cloned: what is granted on a database itself is not copied with it. */
async function migrated(t: TestContext): Promise<Profile> {
  const { profile, ...template } = await testDatabase();
  await template[Symbol.asyncDispose]();
  const { aurora } = profile;
  t.onTestFinished(async () => {
    const admin = new pg.Client(connection(aurora, aurora.adminRole, "postgres"));
    await admin.connect();
    await admin.query(`drop database if exists ${aurora.database} with (force)`);
    await admin.end();
  });
  await migrateUp(profile);
  return profile;
}
