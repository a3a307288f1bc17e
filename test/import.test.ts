import { expect, test } from "vitest";
import { STAFF_ROLES } from "../src/domain/actor.ts";
import { parseHistoryMapping } from "../src/domain/mapping/history.ts";
import { checkLaws } from "../src/operations/doctor/doctor.ts";
import { type ImportReport, importHistory } from "../src/operations/import/import-history.ts";
import type {
  FlaggedOrder,
  ImportRequest,
  RejectedRow,
} from "../src/operations/import/import-request.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";
import { ask, importedDigests } from "./import-dump.ts";
import { type ImportSource, importSource, ODD, ODD_REJECTS } from "./import-source.ts";

interface Imported {
  report: ImportReport;
  rejected: RejectedRow[];
  flagged: FlaggedOrder[];
}

async function importing(
  market: Marketplace,
  { directory, mapping }: ImportSource,
  more: Partial<ImportRequest> = {},
): Promise<Imported> {
  const rejected: RejectedRow[] = [];
  const flagged: FlaggedOrder[] = [];
  const report = await importHistory(
    {
      actor: await operatorOf(market),
      directory,
      mapping: parseHistoryMapping(mapping, "a mapping"),
      dryRun: false,
      wait: false,
      stopping: new AbortController().signal,
      progress: () => undefined,
      onRejected: async (rows) => void rejected.push(...rows),
      onFlagged: async (orders) => void flagged.push(...orders),
      ...more,
    },
    market.deps,
  );
  return { report, rejected, flagged };
}

const operators = new WeakMap<Marketplace, ReturnType<Marketplace["user"]>>();

function operatorOf(market: Marketplace) {
  const operator = operators.get(market) ?? market.user("operator", ...STAFF_ROLES);
  operators.set(market, operator);
  return operator;
}

async function expectLawful(market: Marketplace): Promise<void> {
  expect((await market.relay()).setAside).toEqual([]);
  const faults: unknown[] = [];
  await checkLaws(
    {
      actor: await operatorOf(market),
      laws: [],
      stopping: new AbortController().signal,
      onFault: (fault) => faults.push(fault),
      progress: () => undefined,
    },
    market.deps,
  );
  expect(faults).toEqual([]);
}

const TIMES = `
  select ${["placed:created_at", "paid:paid_at", "shipped:shipped_at", "delivered:delivered_at"]
    .map((pair) => pair.split(":"))
    .map(
      ([step, column]) =>
        `case when '${step}' = any(inferred) then null else ${column} end as "${step}At"`,
    )
    .join(", ")}
  from "order" where external_id = $1`;

test("every oddity of a source becomes what a live order could have become, and says so", async (t) => {
  const market = await testMarketplace(t);
  const source = await importSource(t, 0);

  // A dry run says the same and changes nothing.
  const before = await importedDigests(market, await operatorOf(market));
  const dry = await importing(market, source, { dryRun: true });
  expect(await importedDigests(market, await operatorOf(market))).toEqual(before);

  const { report, rejected, flagged } = await importing(market, source);
  expect(dry).toEqual({ report: { ...report, dryRun: true }, rejected, flagged });
  expect(rejected.map(({ file, line, reason }) => [file, line, reason])).toEqual(ODD_REJECTS);
  const orders = await ask<{ id: string; states: string[]; flags: string[] }>(
    market,
    `select p.external_id as id, array_agg(o.state order by o.state) as states,
      (select array_agg(distinct f order by f) from "order" x, unnest(x.flags) f
        where x.purchase_id = p.id and f <> 'imported') as flags
    from purchase p join "order" o on o.purchase_id = p.id and 'imported' = any(o.flags)
    where p.source = 'tienda' group by p.id order by length(p.external_id), p.external_id`,
  );
  expect(orders.map((order) => ({ ...order, flags: order.flags ?? [] }))).toEqual(
    ODD.map(({ id, states, flags }) => ({ id, states, flags })),
  );
  expect(
    new Map(flagged.map((order) => [order.externalId, order.flags.split(" ").sort()])),
  ).toEqual(
    new Map(ODD.filter(({ flags }) => flags.length > 0).map(({ id, flags }) => [id, flags])),
  );
  for (const { id, times } of ODD) {
    if (!times) continue;
    const [order] = await ask(market, TIMES, [id]);
    expect({ id, ...order }).toMatchObject({ id, ...times });
  }
  const regionOf = async (id: string) =>
    (await ask(market, `select distinct region from "order" where external_id = $1`, [id])).map(
      ({ region }) => region,
    );
  // Each order as it was sent: Ana had moved; a postal code and a buyer whom no file describes tell no region.
  expect(await regionOf("a1")).toEqual(["Andalucía"]);
  expect(await regionOf("a2")).toEqual(["Murcia"]);
  expect(await regionOf("a3")).toEqual([null]);
  expect(await regionOf("a16")).toEqual([null]);
  expect(
    await ask(
      market,
      `select external_id as id, region from "user" where external_id in ('ana', 'eva', 'oto') order by 1`,
    ),
  ).toEqual([
    { id: "ana", region: "Andalucía" },
    { id: "eva", region: null },
    { id: "oto", region: "Mähren" },
  ]);
  expect(report).toMatchObject({
    rows: { orders: 25, lines: 28, buyers: 54, sellers: 10, products: 44 },
    merged: 2,
    purchases: 21,
    orders: 22,
    // Ana, nobody, the buyer of a17; Eva and Oto, who bought nothing, nor did the 50.
    users: { buyers: 55, sellers: 12 },
    publications: 4,
    categories: 2,
    unsoldProducts: 41,
    flaggedPurchases: ODD.filter(({ flags }) => flags.length > 0).length,
    flagged: { line_rejected: 2, no_lines: 2, unknown_status: 2, no_paid_time: 2 },
    alreadyThere: 0,
  });
  // Lines and shipping of a1, of a2, of 16 that are 5.00 and 1.00, and of a22.
  expect(report.totals).toEqual({
    EUR: { linesMinor: 2_100 + 2_705 + 16 * 500 + 300, shippingMinor: 125 + 95 + 16 * 100 + 100 },
  });
  await expectLawful(market);
});

test("stopped anywhere, gone on, and done again, an import comes to the same", async (t) => {
  const source = await importSource(t, 150);
  const straight = await testMarketplace(t);
  const { report } = await importing(straight, source, { batch: 50 });
  expect(report).toMatchObject({ purchases: 171, alreadyThere: 0, made: { purchases: 171 } });
  // 1 + 2 + … + 150 cents, beside the odd ones.
  expect(report.totals.EUR?.linesMinor).toBe(13_105 + (150 * 151) / 2);
  expect(report.publications).toBe(4 + 150);
  const digests = await importedDigests(straight, await operatorOf(straight));
  const again = await importing(straight, source, { batch: 50 });
  const made = { users: 0, categories: 0, publications: 0, purchases: 0, orders: 0 };
  expect(again.report).toEqual({ ...report, made, alreadyThere: 171 });
  expect(await importedDigests(straight, await operatorOf(straight))).toEqual(digests);

  // Told to stop after each batch.
  const market = await testMarketplace(t);
  for (const after of [50, 100, 150]) {
    const stop = new AbortController();
    const progress: ImportRequest["progress"] = (_, done) => done >= after && stop.abort();
    const cut = importing(market, source, { batch: 50, stopping: stop.signal, progress });
    await expect(cut).rejects.toMatchObject({
      code: "interrupted",
      message: `stopped after ${after} of 171 purchases`,
    });
    const [there] = await ask(market, "select count(*) as purchases from purchase");
    expect(there).toEqual({ purchases: after });
  }
  const last = await importing(market, source, { batch: 50 });
  expect(last.report).toMatchObject({ alreadyThere: 150, made: { purchases: 21 } });
  expect(await importedDigests(market, await operatorOf(market))).toEqual(digests);

  // A later cut of the same source: known people and publications, more stock of these, an earlier order too.
  const more = await importing(market, await importSource(t, 200, 100));
  expect(more.report).toMatchObject({
    alreadyThere: 21 + 51,
    made: { purchases: 149, publications: 130 },
  });
  const [sums] = await ask(
    market,
    "select count(*)::int as lines, sum(quantity * unit_price_minor)::int as minor from order_line",
  );
  expect(sums).toEqual({ lines: 21 + 299, minor: 13_105 + (299 * 300) / 2 });
  await expectLawful(market);
}, 120_000);

test("only operators import, one at a time, and a mapping says where it is wrong", async (t) => {
  const market = await testMarketplace(t);
  const source = await importSource(t, 0);
  const support = await market.user("support", "support");
  await expect(importing(market, source, { actor: support })).rejects.toMatchObject({
    code: "not_allowed",
  });
  const other = await market.deps.history.open();
  await other.alone("tienda", async () => {
    await expect(importing(market, source)).rejects.toMatchObject({ code: "conflict" });
  });
  await other.close();

  const { mapping } = source;
  const lines = { ...(mapping.lines as object), price: "preis" };
  await expect(importing(market, { ...source, mapping: { ...mapping, lines } })).rejects.toThrow(
    "lineas.csv lacks: preis",
  );
  const wrong = [
    [{ ...mapping, source: "La Tienda" }, "source"],
    [{ ...mapping, statuses: { creado: "begun" } }, "statuses.creado"],
    [{ ...mapping, file: { timeZone: "Madrid" } }, "file.timeZone"],
    [{ ...mapping, orders: { file: "pedidos.csv" } }, "orders.placedAt"],
    [{ ...mapping, currency: "DOUBLOONS" }, "currency"],
  ] as const;
  for (const [value, where] of wrong)
    expect(() => parseHistoryMapping(value, "a mapping")).toThrow(where);
  const [there] = await ask(market, "select count(*) as purchases from purchase");
  expect(there).toEqual({ purchases: 0 });
});

test("what the mapping says of rows that lack something is done", async (t) => {
  const market = await testMarketplace(t);
  const { directory, mapping } = await importSource(t, 0);
  const missing = { placedAt: "reject", buyer: "reject", seller: "reject", product: "reject" };
  const source = { directory, mapping: { ...mapping, missing } };
  const { report, rejected } = await importing(market, source, { dryRun: true });
  expect(report.flagged).not.toHaveProperty("unknown_buyer");
  const reasons = rejected.map(({ file, line, reason }) => [file, line, reason]);
  expect(reasons).toEqual(
    [
      ...ODD_REJECTS,
      ["pedidos.csv", 17, "no file describes its buyer nadie"],
      ["pedidos.csv", 18, "it has no time of purchase that can be read"],
      ["lineas.csv", 17, "its order a16 was rejected"],
      ["lineas.csv", 18, "its order a17 was rejected"],
    ].sort(([file, line], [other, at]) => order(file) - order(other) || Number(line) - Number(at)),
  );
});

const FILES = ["pedidos.csv", "lineas.csv", "articulos.csv"];
const order = (file: unknown) => FILES.indexOf(String(file));
