import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, type TestContext, test } from "vitest";
import type { Profile } from "../config.ts";
import { type Deps, openDeps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import type { DataRows } from "../domain/data-rows.ts";
import { newId } from "../domain/ids.ts";
import { startPostgres } from "../local/postgres.ts";
import { type Aurora, openAurora } from "../stores/aurora/client.ts";
import { migrateUp } from "../stores/aurora/migrate.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { type PlannedReport, planReport, runReport } from "./run-report.ts";
import { runSql } from "./run-sql.ts";

const TIMEOUT_MS = 60_000;
const ANALYST: Actor = { userId: newId(), roles: ["analyst"], operatorId: null };
const { signal } = new AbortController();

async function all({ batches }: DataRows) {
  const rows = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

const sales = (deps: Deps): PlannedReport => {
  const none = { since: undefined, until: undefined, timeZone: undefined, limit: undefined };
  return planReport({ name: "sales", by: "all", ...none }, deps);
};
const run = <T>(deps: Deps, planned: PlannedReport, use: (rows: DataRows) => Promise<T>) =>
  runReport({ actor: ANALYST, planned, signal }, use, deps);

/** The marketplace as a profile sees it that names a replica. */
async function withReplica(
  t: TestContext,
  { config }: Marketplace,
  replicaHost: string,
): Promise<{ deps: Deps; profile: Profile }> {
  const { aurora, ...rest } = config.profile;
  const profile = { ...rest, aurora: { ...aurora, replicaHost } };
  const { deps, close } = openDeps(
    { ...config, profile },
    { notice: () => undefined, hasMovableClock: true },
  );
  t.onTestFinished(close);
  return { deps, profile };
}

async function buyer(market: Marketplace) {
  const { id: publication } = await market.publication(await market.user("ana"));
  const actor = await market.user("carla");
  const wanted = [{ publication, quantity: 1 }];
  return (key: string) => buy({ actor, key, wanted, shipTo: null }, market.deps);
}

/** Another server with the same database, empty, which stands for a replica that is far behind. */
async function otherServer(t: TestContext, { config: { profile } }: Marketplace): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "mkt-replica-"));
  const host = join(home, "run");
  const server = await startPostgres({
    home,
    dataDirectory: join(home, "aurora"),
    socketDirectory: host,
    logFile: join(home, "aurora.log"),
    durable: false,
  });
  t.onTestFinished(async () => {
    await server.close();
    await rm(home, { recursive: true });
  });
  const { aurora, ...rest } = profile;
  await migrateUp({ ...rest, aurora: { ...aurora, host, adminRole: "postgres" } });
  return host;
}

test.skipIf(process.env.MKT_TEST_AURORA_URL !== undefined)(
  "reports read from the replica that the profile names, and everything else from Aurora",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const market = await testMarketplace(t);
    const { deps } = await withReplica(t, market, await otherServer(t, market));
    await (await buyer(market))("k");
    expect(await run(market.deps, sales(market.deps), all)).toHaveLength(1);
    expect(await run(deps, sales(deps), all)).toEqual([]);
    const wish = { actor: ANALYST, statement: 'select id from "order"', timeoutMs: 5_000, signal };
    expect(await runSql(wish, all, deps)).toHaveLength(1);
  },
);

test("a replica that is away is named, and nothing else is read instead", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = await withReplica(t, market, "/nonexistent/replica");
  await expect(run(deps, sales(deps), all)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^the replica \/nonexistent\/replica cannot be reached: /),
  });
});

/** The strongest locks that a report holds of any table. */
async function reportLocks(db: Aurora): Promise<string[]> {
  const { rows } = await sql<{ mode: string }>`
    select distinct l.mode from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where a.application_name = 'mkt read-only' and a.datname = current_database() and l.locktype <> 'virtualxid'`.execute(
    db,
  );
  return rows.map(({ mode }) => mode);
}

test("while a report reads, orders are placed, and while one is placed reports read", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const market = await testMarketplace(t);
  const { deps, config } = market;
  const place = await buyer(market);
  await place("before");
  const db = openAurora(config.profile, 2);
  t.onTestFinished(() => db.destroy());

  const orders = await run(deps, sales(deps), async (rows) => {
    expect(await reportLocks(db)).toEqual(["AccessShareLock"]);
    await place("meanwhile");
    return all(rows);
  });
  // Of the moment at which it began.
  expect(orders).toMatchObject([expect.arrayContaining(["1"])]);

  await db.transaction().execute(async (tx) => {
    await sql`select * from "order" for update`.execute(tx);
    await sql`update publication set stock = stock`.execute(tx);
    expect(await run(deps, sales(deps), all)).toMatchObject([expect.arrayContaining(["2"])]);
  });
});

test("a report has a minute, and says what helps when that is too little", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const planned = (text: string) => ({ ...sales(deps), sql: text });
  expect(await run(deps, planned("show statement_timeout"), all)).toEqual([["1min"]]);
  // The server says the same of a statement that somebody cancels.
  const slow = run(deps, planned("select pg_sleep(30)"), all).catch((error: unknown) => error);
  const statement = `select pg_cancel_backend(pid) from pg_stat_activity
    where query like 'select pg_sleep(30)%' and state = 'active' and datname = current_database()`;
  const wish = { actor: ANALYST, statement, timeoutMs: 5_000, signal };
  await expect.poll(async () => (await runSql(wish, all, deps)).length).toBe(1);
  expect(await slow).toMatchObject({
    code: "unavailable",
    hint: "ask for fewer days, as with --since",
  });
});
