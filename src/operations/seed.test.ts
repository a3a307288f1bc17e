import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { sql } from "kysely";
import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { RESULTS_A_PAGE } from "../domain/seed/findable.ts";
import { SEED_DEFAULTS, type SeedParameters } from "../domain/seed/parameters.ts";
import { worldOf } from "../domain/seed/world.ts";
import { openAurora } from "../stores/aurora/client.ts";
import { openTable } from "../stores/dynamo/client.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { ask } from "./ask.ts";
import { buy } from "./buy.ts";
import { checkLaws } from "./doctor/doctor.ts";
import { rebuildHome } from "./rebuild-home.ts";
import { search } from "./search.ts";
import { type Seeded, type SeedRequest, seed } from "./seed.ts";
import { ship } from "./ship.ts";
import { unseed } from "./unseed.ts";

const PARAMETERS: SeedParameters = {
  ...SEED_DEFAULTS,
  seed: 42,
  users: 60,
  publications: 90,
  orders: 400,
  days: 30,
  fraudRings: 1,
  washTrading: 1,
  collusion: 1,
  language: "en",
  currency: "ARS",
  timeZone: "America/Argentina/Buenos_Aires",
};

const SMALL = {
  ...PARAMETERS,
  orders: 60,
  publications: 30,
  fraudRings: 0,
  washTrading: 0,
  collusion: 0,
};
const TIMEOUT_MS = 120_000;
/** No parcel moves by itself. */
const NEVER_MS = 3_600_000;

async function setup(t: TestContext) {
  const times = { pickupMs: NEVER_MS, deliveryMs: NEVER_MS };
  const market = await testMarketplace(t, { times });
  const operator = await market.user("olga", "operator");
  const make = (request: Partial<SeedRequest> = {}): Promise<Seeded> =>
    seed(
      {
        actor: operator,
        parameters: PARAMETERS,
        direct: false,
        dryRun: false,
        signal: new AbortController().signal,
        progress: () => undefined,
        ...request,
      },
      market.deps,
    );
  const takeAway = (run: string) =>
    unseed({ actor: operator, run, progress: () => undefined }, market.deps);
  return { market, operator, make, takeAway };
}

async function expectLawful({ deps }: Marketplace, actor: Actor): Promise<void> {
  const faults: unknown[] = [];
  const stopping = new AbortController().signal;
  await checkLaws(
    { actor, laws: [], stopping, onFault: (f) => faults.push(f), progress: () => undefined },
    deps,
  );
  expect(faults).toEqual([]);
}

/** Every table with how many rows it has and what they hold, but for what changes with every command. */
async function tables({ config }: Marketplace): Promise<Record<string, string>> {
  const db = openAurora(config.profile, 1);
  try {
    const { rows } = await sql<{ name: string }>`
      select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(db);
    const found: Record<string, string> = {};
    for (const { name } of rows.filter(({ name }) => !name.startsWith("kysely"))) {
      const digest = await sql<{ digest: string }>`
        select count(*) || ' ' || coalesce(md5(string_agg(r::text, ',' order by r::text)), '') as digest
        from ${sql.table(name)} r`.execute(db);
      found[name] = digest.rows[0]?.digest ?? "";
    }
    return found;
  } finally {
    await db.destroy();
  }
}

/** All items of the table but lists of names, by key. */
async function items({ config }: Marketplace): Promise<Record<string, unknown>> {
  const table = openTable(config.profile.dynamo);
  const found: Record<string, unknown> = {};
  let start: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await table.client.send(
      new ScanCommand({ TableName: table.name, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    for (const item of Items) {
      const { position, revision, ...rest } = item;
      const known = item.pk === "HOME" || item.pk === "CATEGORIES" ? rest : item;
      found[`${item.pk} ${item.sk}`] = known;
    }
    start = LastEvaluatedKey;
  } while (start);
  await table.close();
  return found;
}

test("a world is made, lawful, once; unseed leaves nothing of it, and the log goes on", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const { market, operator, make, takeAway } = await setup(t);
  const { deps } = market;
  const ana = await market.user("ana");
  await market.publication(ana, { title: "Corner sofa of Ana", stock: 5 });
  await market.relay();
  // Somebody without a login looks around, as many do in the world.
  const nobody = { userId: null, publicationId: null, at: deps.realNow() };
  await deps.activity.copy([
    { ...nobody, id: newId(), kind: "home" },
    { ...nobody, id: newId(), kind: "search", words: "sofa", resultCount: 1 },
  ]);
  await rebuildHome(deps, { force: true });
  const [rowsBefore, itemsBefore] = [await tables(market), await items(market)];

  const planned = await make({ dryRun: true });
  expect(planned).toMatchObject({ outcome: "planned", orders: 400 });
  expect(await tables(market)).toEqual(rowsBefore);

  const made = await make();
  expect(made).toMatchObject({ run: planned.run, outcome: "made", users: 60, orders: 400 });
  expect(made.groups.written).toBe(made.groups.all);
  expect(made.planted).toHaveLength(3);
  expect(made.questions).toBeGreaterThan(5);
  await expectLawful(market, operator);
  await rebuildHome(deps, { force: true });
  const rows = await tables(market);
  const looks = countOf(rows.activity) - countOf(rowsBefore.activity);
  expect(looks).toBeGreaterThan(4 * made.orders);
  expect(await make()).toEqual({
    ...made,
    outcome: "there",
    questions: 0,
    groups: { ...made.groups, written: 0 },
  });
  expect(await tables(market)).toEqual({ ...rows, cursor: expect.anything() });

  // It can be worked with like any other: a paid order is sent.
  const [paid] = await deps.orders.list({ state: "paid", limit: 1 });
  const { state } = await ship({ actor: operator, order: paid?.id ?? "" }, deps);
  expect(state).toBe("ready_to_ship");
  await market.relay();

  const last = await deps.events.lastPosition();
  const gone = await takeAway(made.run);
  expect(gone.deleted).toMatchObject({ user: 60, publication: 90, order: 400, activity: looks });
  expect(gone.items).toBeGreaterThan(90 * 10);
  expect(await deps.events.lastPosition()).toBe(last);
  const [rowsAfter, itemsAfter] = [await tables(market), await items(market)];
  const kept = ["audit", "cursor", "event_gap"];
  for (const name of Object.keys(rowsBefore).filter((name) => !kept.includes(name)))
    expect([name, rowsAfter[name]]).toEqual([name, rowsBefore[name]]);
  expect(countOf(rowsAfter.audit)).toBe(countOf(rowsBefore.audit) + 1);
  expect({ ...itemsAfter, "CATEGORIES ALL": null }).toEqual({
    ...itemsBefore,
    "CATEGORIES ALL": null,
  });
  await expect(takeAway(made.run)).rejects.toMatchObject({ code: "not_found" });

  // The log goes on behind what is gone.
  await market.publication(ana, { title: "Another lamp of Ana" });
  await market.relay();
  expect(await deps.events.lastPosition()).toBeGreaterThan(last);
  await expectLawful(market, operator);

  // And it can be made again, to the same.
  const again = await make();
  expect(again).toEqual(made);
  await expectLawful(market, operator);
});

test("unseed is refused where others refer to the run, and changes nothing", async (t) => {
  const { market, make, takeAway } = await setup(t);
  const { deps } = market;
  const { run } = await make({ parameters: SMALL });
  const [carla, ana] = [await market.user("carla"), await market.user("ana")];
  const offers = await deps.publications.pagesOf(
    await deps.publications.ids({ limit: 20, after: undefined }),
  );
  const offer = offers.find(({ availability }) => availability === "in_stock");
  const publication = offer?.id ?? "";
  await ask({ actor: carla, publication, text: "Is it there?" }, deps);
  await expect(takeAway(run)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/referred to from outside: question [\da-f-]{36}$/),
  });
  const wanted = [{ publication, quantity: 1 }];
  await buy({ actor: carla, key: "k", wanted, shipTo: null }, deps);
  const asSeller: Actor = { userId: offer?.sellerId ?? "", roles: [], operatorId: null };
  const offered = await market.publication(ana, { categories: [] });
  await market.relay();
  await buy(
    { actor: asSeller, key: "k", wanted: [{ publication: offered.id, quantity: 1 }], shipTo: null },
    deps,
  );
  const before = await tables(market);
  await expect(takeAway(run)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(
      /2 orders, such as [\da-f-]{36}; purchase [\da-f-]{36}; question/,
    ),
  });
  expect(await tables(market)).toEqual(before);
});

test("what was stopped goes on to the same rows; so does --direct, whose pages follow", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const one = await setup(t);
  const stopping = new AbortController();
  const progress = (_done: number, _total: number, phase: string) => {
    if (phase === "writing orders") stopping.abort();
  };
  await expect(one.make({ signal: stopping.signal, progress })).rejects.toMatchObject({
    code: "interrupted",
    message: expect.stringMatching(/^stopped after \d+ of 400 orders$/),
  });
  const half = await tables(one.market);
  expect(countOf(half.order)).toBeLessThan(400);
  const made = await one.make();
  expect(made.groups.written).toBeLessThan(made.groups.all);
  expect(made.planted).toHaveLength(3);

  const two = await setup(t);
  const { run } = await two.make({ direct: true });
  expect(run).toBe(made.run);
  const [rows, direct] = [await tables(one.market), await tables(two.market)];
  const same =
    "order order_line purchase payment refund shipment dispute review ledger_entry transition stock_movement publication category activity";
  for (const name of same.split(" ")) expect([name, direct[name]]).toEqual([name, rows[name]]);
  expect(
    await two.market.deps.pages.getMany(
      await two.market.deps.publications.ids({ limit: 9, after: undefined }),
    ),
  ).toEqual(new Map());
  await two.market.relay();
  await expectLawful(two.market, two.operator);
});

test("searches of a world found what the marketplace finds", { timeout: TIMEOUT_MS }, async (t) => {
  const { market, make } = await setup(t);
  const parameters: SeedParameters = { ...SMALL, publications: 60, orders: 150, language: "es" };
  await make({ parameters });
  const { found, calendar } = worldOf(parameters);
  const db = openAurora(market.config.profile, 1);
  const { rows } = await sql<{ words: string; most: number }>`
    select words, max(result_count) as most from activity where kind = 'search' group by 1 order by 1`
    .execute(db)
    .finally(() => db.destroy());
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter(({ most }) => most === 0).length).toBeGreaterThan(5);
  for (const { words, most } of rows) {
    const wanted = { words, sort: "relevance", limit: RESULTS_A_PAGE } as const;
    const { items } = await search(wanted, market.deps);
    expect([words, items.length]).toEqual([words, found(words, calendar.endMs)]);
    expect(most).toBeLessThanOrEqual(items.length);
  }
});

const countOf = (digest = "") => Number(digest.split(" ")[0]);
