import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { STAFF_ROLES } from "../src/domain/actor.ts";
import { parseHistoryMapping } from "../src/domain/mapping/history.ts";
import { importHistory } from "../src/operations/import/import-history.ts";
import { testMarketplace } from "../src/testing/marketplace.ts";
import { readReport, type SmallReportRow } from "../src/testing/small-world.ts";
import { ask } from "./import-dump.ts";

/** `MKT_OLIST=DIR`: where the real history is; what a separate script counted in its files is what reports must say. */
const { MKT_OLIST } = process.env;
const MINUTES = 60_000;
const MAPPING = "fixtures/mappings/olist.yaml";

test.skipIf(!MKT_OLIST)(
  "reports say of Olist what is known of it",
  {
    timeout: 10 * MINUTES,
  },
  async (t) => {
    const market = await testMarketplace(t);
    const { profile } = market.config;
    await importHistory(
      {
        actor: await market.user("operator", ...STAFF_ROLES),
        directory: MKT_OLIST ?? "",
        mapping: parseHistoryMapping(parse(await readFile(MAPPING, "utf8")), MAPPING),
        dryRun: false,
        wait: false,
        stopping: new AbortController().signal,
        progress: () => undefined,
        onRejected: async () => undefined,
        onFlagged: async () => undefined,
      },
      market.deps,
    );
    const report = (name: string, by?: string) => {
      const none = { since: undefined, until: undefined, timeZone: undefined, limit: undefined };
      return readReport({ name, by, ...none }, profile, market.deps.now());
    };
    const pick = (rows: readonly SmallReportRow[], ...keys: string[]) =>
      rows.map((row) => keys.map((key) => row[key]));

    expect(await report("sales", "all")).toMatchObject([
      {
        currency: "BRL",
        purchases: 5_103,
        orders: 5_147,
        lines: 5_719,
        linesMinor: 69_814_332,
        shippingMinor: 11_004_774,
      },
    ]);
    expect(pick(await report("sales", "month"), "period", "linesMinor")).toEqual([
      ["2017-01", 3_312_210],
      ["2017-02", 5_421_703],
      ["2017-03", 7_863_979],
      ["2017-04", 7_366_955],
      ["2017-05", 12_347_903],
      ["2017-06", 9_858_499],
      ["2017-07", 11_162_556],
      ["2017-08", 12_480_527],
    ]);
    const categories = await report("sales", "category");
    expect(pick(categories.slice(0, 3), "category", "linesMinor")).toEqual([
      ["cama_mesa_banho", 5_898_619],
      ["beleza_saude", 5_626_904],
      ["informatica_acessorios", 5_216_464],
    ]);

    const most = (rows: readonly SmallReportRow[]) =>
      rows.toSorted((a, b) => Number(b.lines) - Number(a.lines))[0] ?? {};
    const product = most(await report("sales", "publication"));
    expect([String(product.externalId).slice(0, 8), product.lines]).toEqual(["99a4788c", 70]);
    const seller = most(await report("sales", "seller"));
    const [known] = await ask<{ name: string }>(
      market,
      `select left(external_id, 8) as name from "user" where id = $1`,
      [seller.sellerId],
    );
    expect([known?.name, seller.lines]).toEqual(["4a3ca931", 174]);

    expect(await report("delivery", "all")).toMatchObject([
      {
        delivered: 4_883,
        promised: 4_883,
        late: 195,
        lateRate: 0.0399,
        payments: 5_092,
        paymentHours: 0.25,
        dispatches: 4_952,
        dispatchHours: 45.13,
        transits: 4_883,
        transitHours: 170.59,
        hours: 248.28,
      },
    ]);
    const regions = await report("delivery", "region");
    const counted = await countedByState(MKT_OLIST ?? "");
    expect(counted.get("SP")).toEqual({ delivered: 1_937, late: 71 });
    expect(regions[0]).toMatchObject({ region: "SP", delivered: 1_937, late: 71 });
    expect(
      new Map(regions.map(({ region, delivered, late }) => [region, { delivered, late }])),
    ).toEqual(counted);
    const states = await report("time-in-state");
    expect(pick(states.slice(0, 3), "state", "orders", "medianHours")).toEqual([
      ["reserved", 5_092, 0.25],
      ["paid", 4_952, 45.13],
      ["shipped", 4_883, 170.59],
    ]);

    const pairs = await report("basket");
    expect(pairs).toHaveLength(179);
    const names = [pairs[0]?.one, pairs[0]?.other].map((name) => String(name).slice(0, 8));
    expect([names.toSorted(), pairs[0]?.purchases]).toEqual([["35afc973", "99a4788c"], 5]);
  },
);

/** Delivered and late orders by the state of their customers, from the files alone; times are text that sorts. */
async function countedByState(
  directory: string,
): Promise<Map<string, { delivered: number; late: number }>> {
  const rowsOf = async (name: string): Promise<Record<string, string>[]> =>
    parseCsv(await readFile(join(directory, name)), { bom: true, columns: true });
  const customers = await rowsOf("customers.csv");
  const states = new Map(customers.map((row) => [row.customer_id, row.customer_state ?? ""]));
  const counted = new Map<string, { delivered: number; late: number }>();
  for (const order of await rowsOf("orders.csv")) {
    const state = states.get(order.customer_id) ?? "";
    const figures = counted.get(state) ?? { delivered: 0, late: 0 };
    counted.set(state, figures);
    const { order_delivered_customer_date: came = "", order_estimated_delivery_date: due = "" } =
      order;
    if (came === "") continue;
    figures.delivered += 1;
    if (came > due) figures.late += 1;
  }
  return counted;
}
