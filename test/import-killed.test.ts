import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, type TestContext, test } from "vitest";
import { stringify } from "yaml";
import { STAFF_ROLES } from "../src/domain/actor.ts";
import { checkLaws } from "../src/operations/doctor/doctor.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";
import { programOn } from "../src/testing/program.ts";
import { ask, importedDigests } from "./import-dump.ts";
import { importSource } from "./import-source.ts";

/** With `MKT_OLIST=DIR` the same is done to the real history there, and every figure that is known of it is checked. */
const { MKT_OLIST, MKT_SEED = String(Date.now()) } = process.env;
const MINUTES = 60_000;

interface Source {
  directory: string;
  mappingFile: string;
  purchases: number;
}

async function littleSource(t: TestContext): Promise<Source> {
  const { directory, mapping } = await importSource(t, 250);
  const mappingFile = join(directory, "mapping.yaml");
  await writeFile(mappingFile, stringify(mapping));
  return { directory, mappingFile, purchases: 271 };
}

async function start(t: TestContext, { directory, mappingFile }: Source) {
  const market = await testMarketplace(t);
  const operator = await market.user("operator", ...STAFF_ROLES);
  const program = await programOn(t, market, operator);
  const rejects = join(market.config.home, "rejects.csv");
  const argv = ["import", directory, "--mapping", mappingFile, "--no-wait", "--rejects", rejects];
  return { market, operator, program, argv, digests: () => importedDigests(market, operator) };
}

/** Kills an import when so many purchases are there, or a moment after it began to look for work. */
async function killed(
  { market, program, argv }: Awaited<ReturnType<typeof start>>,
  purchases: number,
  afterMs: number,
): Promise<number> {
  const { child, outcome } = program.start(argv);
  let there = 0;
  while (child.exitCode === null && there < purchases) {
    await pause(20);
    there = await purchasesIn(market);
  }
  await pause(afterMs);
  child.kill("SIGKILL");
  await outcome;
  return purchasesIn(market);
}

async function purchasesIn(market: Marketplace): Promise<number> {
  const [row] = await ask<{ count: number }>(market, "select count(*)::int from purchase");
  return row?.count ?? 0;
}

/** Numbers from 0 to 1 that follow from the seed. */
function randomNumbers(seed: number): () => number {
  let state = seed % 2_147_483_647;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test("killed at any moment and done again, an import comes to the same", {
  timeout: 20 * MINUTES,
}, async (t) => {
  const source = MKT_OLIST
    ? { directory: MKT_OLIST, mappingFile: "fixtures/mappings/olist.yaml", purchases: 5_103 }
    : await littleSource(t);
  const exitCode = MKT_OLIST ? 0 : 8;
  const straight = await start(t, source);
  const first = await straight.program.run(straight.argv);
  expect(first.stderr).not.toContain("mkt:");
  expect(first.exitCode).toBe(exitCode);
  const report = JSON.parse(first.stdout);
  expect(report).toMatchObject({ purchases: source.purchases, alreadyThere: 0 });
  const digests = await straight.digests();

  const random = randomNumbers(Number(MKT_SEED));
  const cut = await start(t, source);
  // The first before anything is written, as a rule while files are read.
  const seen = [await killed(cut, 0, 2_000 * random())];
  for (let kill = 1; kill < (MKT_OLIST ? 5 : 2); kill += 1) {
    const there = seen.at(-1) ?? 0;
    const further = Math.ceil(random() * (source.purchases - there) * 0.7);
    seen.push(await killed(cut, there + further, 300 * random()));
  }
  expect(seen.every((count) => count <= source.purchases)).toBe(true);
  const rest = await cut.program.run(cut.argv);
  expect(rest.exitCode).toBe(exitCode);
  expect(JSON.parse(rest.stdout)).toMatchObject({
    purchases: source.purchases,
    alreadyThere: seen.at(-1),
  });
  expect(await cut.digests(), `MKT_SEED=${MKT_SEED}, killed at ${seen.join(", ")}`).toEqual(
    digests,
  );

  if (!MKT_OLIST) return;
  const again = await straight.program.run(straight.argv);
  expect(JSON.parse(again.stdout)).toMatchObject({ alreadyThere: source.purchases });
  expect(await straight.digests()).toEqual(digests);
  await expectFigures(straight.market, report);
  await expectLawful(cut.market, cut.operator);
});

async function expectLawful(market: Marketplace, actor: Awaited<ReturnType<Marketplace["user"]>>) {
  expect((await market.relay()).setAside).toEqual([]);
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => faults.push(fault);
  const stopping = new AbortController().signal;
  await checkLaws({ actor, laws: [], stopping, onFault, progress: () => undefined }, market.deps);
  expect(faults).toEqual([]);
}

/** What a separate script counted in Olist's files. Times are compared as São Paulo's clocks showed them. */
async function expectFigures(market: Marketplace, report: unknown): Promise<void> {
  expect(report).toMatchObject({
    rejected: 0,
    flagged: {
      no_lines: 63,
      shipped_before_paid: 12,
      delivered_before_shipped: 5,
      no_paid_time: 3,
    },
    flaggedPurchases: 83,
    statuses: {
      delivered: 4883,
      shipped: 72,
      unavailable: 55,
      canceled: 43,
      processing: 26,
      invoiced: 24,
    },
  });
  const figures = Object.fromEntries(
    await Promise.all(
      Object.entries(FIGURES).map(async ([name, { query }]) => [name, await ask(market, query)]),
    ),
  );
  const told = Object.fromEntries(Object.entries(FIGURES).map(([name, { is }]) => [name, is]));
  expect(figures).toEqual(told);
}

const hours = (from: string, to: string) => {
  const local = (step: string) => `${step} at time zone 'America/Sao_Paulo'`;
  const given = [from, to]
    .map((step) => step.replace("_at", "").replace("created", "placed"))
    .map((step) => `not '${step}' = any(inferred)`)
    .join(" and ");
  return `select count(*)::int as n,
      round(percentile_cont(0.5) within group (order by extract(epoch from (${local(to)}) - (${local(from)})))::numeric
        / 3600, 2)::float8 as hours
    from (select distinct on (purchase_id) * from "order" order by purchase_id, id) o
    where ${from} is not null and ${to} is not null and ${given}`;
};

const FIGURES: Readonly<Record<string, { query: string; is: readonly object[] }>> = {
  counts: {
    query: `select (select count(*)::int from purchase) as purchases, (select count(*)::int from "order") as orders,
      (select count(*)::int from order_line) as lines,
      (select count(distinct buyer_id)::int from purchase) as buyers,
      (select count(distinct seller_id)::int from publication) as sellers,
      (select count(distinct external_id)::int from publication) as products,
      (select count(*)::int from publication) as publications`,
    is: [
      {
        purchases: 5103,
        orders: 5147,
        lines: 5719,
        buyers: 5061,
        sellers: 796,
        products: 3375,
        publications: 3396,
      },
    ],
  },
  statuses: {
    query: `select source_status as status, count(distinct external_id)::int as orders from "order"
      group by 1 order by 2 desc`,
    is: [
      { status: "delivered", orders: 4883 },
      { status: "shipped", orders: 72 },
      { status: "unavailable", orders: 55 },
      { status: "canceled", orders: 43 },
      { status: "processing", orders: 26 },
      { status: "invoiced", orders: 24 },
    ],
  },
  money: {
    query: `select sum(quantity * unit_price_minor)::int as price, sum(shipping_minor)::int as freight from order_line`,
    is: [{ price: 69_814_332, freight: 11_004_774 }],
  },
  shapes: {
    query: `select count(*) filter (where lines = 0)::int as "withoutLine",
        count(*) filter (where sellers > 1)::int as "moreSellers", count(*) filter (where lines > 1)::int as "moreLines"
      from (select count(l.id) as lines, count(distinct o.seller_id) as sellers
        from "order" o left join order_line l on l.order_id = o.id group by o.purchase_id) p`,
    is: [{ withoutLine: 63, moreSellers: 43, moreLines: 493 }],
  },
  late: {
    query: `select count(distinct purchase_id)::int as late from "order"
      where delivered_at > estimated_delivery_at and not 'delivered' = any(inferred)`,
    is: [{ late: 195 }],
  },
  approval: { query: hours("created_at", "paid_at"), is: [{ n: 5092, hours: 0.25 }] },
  handover: { query: hours("paid_at", "shipped_at"), is: [{ n: 4952, hours: 45.13 }] },
  carriage: { query: hours("shipped_at", "delivered_at"), is: [{ n: 4883, hours: 170.59 }] },
  delivery: { query: hours("created_at", "delivered_at"), is: [{ n: 4883, hours: 248.28 }] },
  slowApprovals: {
    query: `select count(distinct purchase_id)::int as n from "order"
      where paid_at > created_at + interval '15 minutes' and not 'paid' = any(inferred)`,
    is: [{ n: 2500 }],
  },
  categories: {
    query: `select c.name, sum(l.quantity * l.unit_price_minor)::int as price
      from order_line l join publication_category pc using (publication_id) join category c on c.id = pc.category_id
      group by 1 order by 2 desc limit 3`,
    is: [
      { name: "cama_mesa_banho", price: 5_898_619 },
      { name: "beleza_saude", price: 5_626_904 },
      { name: "informatica_acessorios", price: 5_216_464 },
    ],
  },
  months: {
    query: `select to_char(o.created_at at time zone 'America/Sao_Paulo', 'YYYY-MM') as month,
        sum(l.quantity * l.unit_price_minor)::int as price
      from order_line l join "order" o on o.id = l.order_id group by 1 order by 1`,
    is: [
      { month: "2017-01", price: 3_312_210 },
      { month: "2017-02", price: 5_421_703 },
      { month: "2017-03", price: 7_863_979 },
      { month: "2017-04", price: 7_366_955 },
      { month: "2017-05", price: 12_347_903 },
      { month: "2017-06", price: 9_858_499 },
      { month: "2017-07", price: 11_162_556 },
      { month: "2017-08", price: 12_480_527 },
    ],
  },
  pairs: {
    query: `with bought as (
        select distinct o.purchase_id, p.external_id as product
        from order_line l join "order" o on o.id = l.order_id join publication p on p.id = l.publication_id
      ), pairs as (
        select left(a.product, 8) as one, left(b.product, 8) as other, count(*)::int as times
        from bought a join bought b on a.purchase_id = b.purchase_id and a.product < b.product
        group by a.product, b.product
      )
      select count(*) over ()::int as pairs, * from pairs order by times desc limit 1`,
    is: [{ pairs: 179, one: "35afc973", other: "99a4788c", times: 5 }],
  },
  bestSeller: {
    query: `select left(p.external_id, 8) as product, count(*)::int as lines
      from order_line l join publication p on p.id = l.publication_id group by p.external_id order by 2 desc limit 1`,
    is: [{ product: "99a4788c", lines: 70 }],
  },
  busiest: {
    query: `select left(u.external_id, 8) as seller, count(*)::int as lines
      from order_line l join publication p on p.id = l.publication_id join "user" u on u.id = p.seller_id
      group by u.external_id order by 2 desc limit 1`,
    is: [{ seller: "4a3ca931", lines: 174 }],
  },
};
