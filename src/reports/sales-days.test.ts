import fc from "fast-check";
import { sql } from "kysely";
import pg from "pg";
import { expect, type TestContext, test } from "vitest";
import { newId } from "../domain/ids.ts";
import { keepRollups } from "../operations/keep-rollups.ts";
import { connection } from "../stores/aurora/client.ts";
import { eventStore } from "../stores/aurora/events.ts";
import { ROLLUP, rollupStore } from "../stores/aurora/rollups.ts";
import { testDatabase } from "../testing/aurora.ts";
import { sales, salesOfOrders } from "./sales.ts";
import type { ReportScope } from "./scope.ts";

const RUNS = Number(process.env.MKT_ROLLUP_RUNS ?? 12);
const TIMEOUT_MS = 120_000;
/** Clocks here were put back at midnight of 18 February 2018; one place has its days 16 hours before. */
const ZONE = "America/Sao_Paulo";
const ELSEWHERE = "Pacific/Kiritimati";
const FIRST = Date.parse("2018-02-16T00:00:00Z");
const HOUR_MS = 3_600_000;
const NOW = "2018-06-01T00:00:00.000Z";
const STATES = ["reserved", "paid", "cancelled", "completed", "refunded"] as const;
const BY = ["day", "week", "month", "all", "seller", "category", "state"] as const;
const NEAR_EVENTS = 50_000;

const id = (kind: number, n: number) => `00000000-0000-7000-800${kind}-00000000000${n}`;
const numbers = [0, 1, 2] as const;

/** Three sellers with a publication each, of two, one and no categories. */
const SHOP = [
  `insert into "user" (id, email, email_folded, name, address, password_hash, created_at)
    select id, id, id, 'n', 'a', '-', now() from unnest($1::uuid[]) id`,
  `insert into category (id, name, name_folded, created_at) values ('${id(2, 0)}', 'A', 'a', now()), ('${id(2, 1)}', 'B', 'b', now())`,
  `insert into publication (id, seller_id, state, price_minor, currency, stock, availability, created_at)
    select ('00000000-0000-7000-8001-00000000000' || n)::uuid, ('00000000-0000-7000-8000-00000000000' || n)::uuid,
      'active', 100, 'ARS', 1, 'in_stock', now() from generate_series(0, 2) n`,
];

async function setup(t: TestContext) {
  const database = await testDatabase();
  t.onTestFinished(() => database[Symbol.asyncDispose]());
  const { db } = database;
  const profile = { ...database.profile, timeZone: ZONE };
  const { aurora } = profile;
  const client = async (role: string) => {
    const opened = new pg.Client(connection(aurora, role));
    await opened.connect();
    opened.on("error", () => undefined);
    t.onTestFinished(() => opened.end());
    return opened;
  };
  const [admin, app, analyst] = [
    await client(aurora.adminRole),
    await client("mkt_app"),
    await client("mkt_analyst"),
  ];
  await analyst.query("set search_path to analytics");
  await app.query(SHOP[0] ?? "", [[...numbers, 9].map((n) => id(0, n))]);
  for (const statement of SHOP.slice(1)) await app.query(statement);
  const rollups = rollupStore(db, profile);
  const events = eventStore(db);
  const keep = (kept = profile) => keepRollups({ rollups, events, profile: kept, now: () => NOW });

  /** What one step changes is in one transaction with its event, which has no position yet. */
  const change = async (kind: string, subject: string, data: object, ...work: string[]) => {
    await app.query("begin");
    for (const statement of work) await app.query(statement);
    await app.query(
      `insert into event (type, subject_kind, subject_id, revision, actor, occurred_at, data)
        values ('${kind}.changed', $1, $2, 1, 'timer', now(), $3)`,
      [kind, subject, JSON.stringify(data)],
    );
    await app.query("commit");
  };
  const orders: string[] = [];
  const place = async ({ hours, seller, currency, quantities, elsewhere, state }: Placed) => {
    const [order, purchase] = [newId(), newId()];
    const at = new Date(FIRST + hours * HOUR_MS).toISOString();
    const sold = [...quantities.entries()];
    const linesMinor = sold.reduce((sum, [, quantity]) => sum + 100 * quantity, 0);
    // Nothing was sold by nobody.
    const sellerId = linesMinor === 0 ? "null" : `'${id(0, seller)}'`;
    const is = linesMinor === 0 ? "cancelled" : state;
    await change(
      "order",
      order,
      {},
      `insert into purchase (id, buyer_id, key, request_digest, ship_to, currency, created_at)
        values ('${purchase}', '${id(0, 9)}', '${purchase}', '', '', '${currency}', '${at}')`,
      `insert into "order" (id, purchase_id, buyer_id, seller_id, state, lines_minor, shipping_minor, total_minor, currency,
          reserved_until, created_at, changed_at, time_zone)
        values ('${order}', '${purchase}', '${id(0, 9)}', ${sellerId}, '${is}', ${linesMinor}, 7, ${linesMinor + 7},
          '${currency}', now(), '${at}', now(), ${elsewhere ? `'${ELSEWHERE}'` : "null"})`,
      ...sold.map(
        ([index, quantity]) =>
          `insert into order_line (id, order_id, line_number, publication_id, publication_version, quantity, unit_price_minor,
            shipping_minor)
          values ('${newId()}', '${order}', ${index + 1}, '${id(1, (seller + index) % 3)}', 1, ${quantity}, 100, ${index})`,
      ),
    );
    if (linesMinor > 0) orders.push(order);
  };
  const move = (index: number, state: string) => {
    const order = orders[index % Math.max(1, orders.length)];
    if (order === undefined) return;
    return change(
      "order",
      order,
      {},
      `update "order" set state = '${state}' where id = '${order}'`,
    );
  };
  const categorise = (n: number, categories: readonly number[]) => {
    const ids = categories.map((category) => id(2, category));
    return change(
      "publication",
      id(1, n),
      { categories: ids },
      `delete from publication_category where publication_id = '${id(1, n)}'`,
      ...ids.map(
        (category) => `insert into publication_category values ('${id(1, n)}', '${category}')`,
      ),
    );
  };
  const figures = async (scope: ReportScope) => [
    (await analyst.query(sales.sql(scope))).rows,
    (await analyst.query(salesOfOrders(scope))).rows,
  ];
  const empty = async () => {
    orders.length = 0;
    await admin.query(
      'truncate "order", order_line, purchase, event, event_gap, sales_day, sales_rollup, publication_category cascade',
    );
  };
  const sequence = () => events.sequence();
  return {
    db,
    profile,
    admin,
    app,
    analyst,
    rollups,
    keep,
    place,
    move,
    categorise,
    figures,
    empty,
    sequence,
  };
}

interface Placed {
  hours: number;
  seller: 0 | 1 | 2;
  currency: string;
  quantities: number[];
  elsewhere: boolean;
  state: string;
}

const scopeOf = (wish: Partial<ReportScope> = {}): ReportScope => ({
  by: "day",
  since: null,
  until: null,
  timeZone: ZONE,
  ownZones: true,
  now: NOW,
  limit: 1_000,
  ...wish,
});

const placed = fc.record({
  hours: fc.integer({ min: 0, max: 100 }),
  seller: fc.constantFrom(...numbers),
  currency: fc.constantFrom("ARS", "EUR"),
  quantities: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
  elsewhere: fc.boolean(),
  state: fc.constantFrom(...STATES),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ place: placed }) },
  { weight: 3, arbitrary: fc.record({ move: fc.nat(20), to: fc.constantFrom(...STATES) }) },
  {
    weight: 2,
    arbitrary: fc.record({ categorise: fc.constantFrom(...numbers), as: fc.subarray([0, 1]) }),
  },
  { weight: 2, arbitrary: fc.constant({ sequence: true }) },
  { weight: 3, arbitrary: fc.constant({ keep: true }) },
  { weight: 1, arbitrary: fc.constant({ rebuild: true }) },
);
const asked = fc.record({
  by: fc.constantFrom(...BY),
  since: fc.constantFrom(null, "2018-02-17T00:00:00", "2018-02-18T00:00:00"),
  until: fc.constantFrom(null, "2018-02-19T00:00:00"),
  limit: fc.constantFrom(1, 1_000),
});

test("whatever changes and however far the sums have followed, figures are those of the orders", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const { place, move, categorise, sequence, keep, rollups, figures, empty } = await setup(t);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(step, asked), { minLength: 8, maxLength: 25 }),
      async (steps) => {
        await empty();
        for (const [does, wish] of steps) {
          if ("place" in does) await place(does.place);
          else if ("move" in does) await move(does.move, does.to);
          else if ("categorise" in does) await categorise(does.categorise, does.as);
          else if ("sequence" in does) await sequence();
          else if ("keep" in does) await keep();
          else await rollups.rebuild(ZONE, NOW);
          const [found, counted] = await figures(scopeOf(wish));
          expect(found, JSON.stringify(wish)).toEqual(counted);
        }
        // Once they have followed to the end they are what they would be if they were made anew.
        await sequence();
        await keep();
        expect(await rollups.compare(10)).toMatchObject({ wrong: 0, differences: [] });
      },
    ),
    { numRuns: RUNS, verbose: 1 },
  );
});

const ORDER: Placed = {
  hours: 30,
  seller: 0,
  currency: "ARS",
  quantities: [2],
  elsewhere: false,
  state: "paid",
};

test("days that nothing changed are read from the sums, the others and other zones and hours from the orders", async (t) => {
  const { app, place, sequence, keep, rollups, figures } = await setup(t);
  await place(ORDER);
  await place({ ...ORDER, hours: 60 });
  await sequence();
  expect(await keep()).toBe(2);
  expect(await keep()).toBe(0);
  // Nobody writes there but who makes the sums: what stands there is told.
  await app.query("update sales_day set orders = 100 where gathered_by = 'all'");
  const orders = async (wish: Partial<ReportScope> = {}) =>
    (await figures(scopeOf(wish)))[0]?.map((row) => row.orders);
  expect(await orders()).toEqual([100, 100]);
  expect(await orders({ since: "2018-02-18T00:00:00" })).toEqual([100]);
  for (const wish of [
    { since: "2018-02-16T00:00:01" },
    { timeZone: "UTC", ownZones: false },
    { timeZone: "UTC" },
  ])
    expect(await orders(wish), JSON.stringify(wish)).toEqual([1, 1]);

  await place({ ...ORDER, hours: 61 });
  expect(await orders()).toEqual([100, 2]);
  await sequence();
  expect(await orders()).toEqual([100, 2]);
  expect(await rollups.compare(1)).toMatchObject({
    wrong: 1,
    differences: [
      { day: "2018-02-17", by: "all", key: "", kept: { orders: 100 }, counted: { orders: 1 } },
    ],
  });
  // Only the changed day is computed anew.
  expect(await keep()).toBe(1);
  expect(await orders()).toEqual([100, 2]);
  expect(await rollups.rebuild(ZONE, NOW)).toEqual({ days: 2 });
  expect(await orders()).toEqual([1, 2]);
});

test("far behind, or made for another zone, they are not read, and made anew", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const { db, app, profile, place, sequence, keep, figures } = await setup(t);
  await place(ORDER);
  await sequence();
  await keep();
  await app.query("update sales_day set orders = 100");
  const orders = async (timeZone = ZONE) =>
    (await figures(scopeOf({ timeZone })))[0]?.map((row) => row.orders);
  expect(await orders()).toEqual([100]);
  await sql`insert into event (type, subject_kind, subject_id, revision, actor, occurred_at, data)
    select 'user.registered', 'user', gen_random_uuid(), 1, 'timer', now(), '{}' from generate_series(1, ${NEAR_EVENTS + 1})`.execute(
    db,
  );
  expect(await orders()).toEqual([1]);
  await sequence();
  expect(await orders()).toEqual([1]);
  expect(await keep()).toBe(1);
  await app.query("update sales_day set orders = 100");
  expect(await orders()).toEqual([100]);
  expect(await orders("UTC")).toEqual([1]);
  const elsewhere = { ...profile, timeZone: "UTC" };
  expect(await keep(elsewhere)).toBe(1);
  expect(await orders("UTC")).toEqual([1]);
  expect(await orders()).toEqual([1]);
});

test("one at a time makes them", async (t) => {
  const { app, place, sequence, rollups } = await setup(t);
  await place(ORDER);
  await sequence();
  await app.query("begin");
  await app.query(ROLLUP.lock);
  expect(await rollups.catchUp(ZONE, NOW)).toBeUndefined();
  const waiting = rollups.rebuild(ZONE, NOW);
  await app.query("commit");
  expect(await waiting).toEqual({ days: 1 });
  expect(await rollups.catchUp(ZONE, NOW)).toEqual({ days: 0 });
});
