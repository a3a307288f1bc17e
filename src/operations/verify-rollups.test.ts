import { sql } from "kysely";
import { expect, test } from "vitest";
import type { Actor, StaffRole } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { SEED_DEFAULTS } from "../domain/seed/parameters.ts";
import { openAurora } from "../stores/aurora/client.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { rollupKeeper } from "./keep-rollups.ts";
import { planReport, runReport } from "./run-report.ts";
import { seed } from "./seed.ts";
import { unseed } from "./unseed.ts";
import { verifyRollups } from "./verify-rollups.ts";

const staff = (...roles: StaffRole[]): Actor => ({ userId: newId(), roles, operatorId: null });
const SEED = {
  ...SEED_DEFAULTS,
  seed: 42,
  users: 30,
  publications: 12,
  orders: 40,
  days: 30,
  fraudRings: 0,
  washTrading: 0,
  collusion: 0,
  language: "en",
  currency: "ARS",
  timeZone: "UTC",
} as const;
const TIMEOUT_MS = 60_000;

test("sums follow sales, seeded worlds that come and worlds that go, and whoever doubts them compares", {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const operator = await market.user("olga", "operator");
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const { id: publication } = await market.publication(seller);
  const { signal } = new AbortController();
  const verify = (actor: Actor, rebuild = false) =>
    verifyRollups({ actor, rebuild, limit: 10 }, deps);
  /** As the report tells it: how many orders there are. */
  const sold = async () => {
    const none = { since: undefined, until: undefined, timeZone: undefined, limit: undefined };
    const planned = planReport({ name: "sales", by: "all", ...none }, deps);
    return runReport(
      { actor: operator, planned, signal },
      async ({ columns, batches }) => {
        const at = columns.findIndex(({ name }) => name === "orders");
        for await (const [row] of batches) return Number(row?.[at]);
        return 0;
      },
      deps,
    );
  };
  const place = (key: string) =>
    buy({ actor: buyer, key, wanted: [{ publication, quantity: 1 }], shipTo: null }, deps);

  expect(await verify(operator)).toMatchObject({ days: 0, wrong: 0, timeZone: "UTC" });
  await place("k1");
  expect(await sold()).toBe(1);
  expect(await rollupKeeper(deps)()).toBe(1);
  await place("k2");
  expect(await sold()).toBe(2);

  const { run } = await seed(
    {
      actor: operator,
      parameters: SEED,
      direct: true,
      dryRun: false,
      signal,
      progress: () => undefined,
    },
    deps,
  );
  const all = await sold();
  expect(all).toBeGreaterThan(30);
  expect(await verify(staff("analyst"))).toMatchObject({ wrong: 0, rebuilt: false });
  expect(await sold()).toBe(all);
  await unseed({ actor: operator, run, progress: () => undefined }, deps);
  expect(await sold()).toBe(2);
  // Carla and Ana alone: the day of all, of the seller and of the state; the category is the publication's.
  expect(await verify(staff("support"))).toMatchObject({ days: 1, compared: 4, wrong: 0 });
  expect(await sold()).toBe(2);

  const db = openAurora(market.config.profile, 1);
  await sql`update sales_day set units = 9 where gathered_by = 'seller'`.execute(db);
  await sql`delete from sales_day where gathered_by = 'state'`.execute(db);
  await db.destroy();
  const wrong = await verify(operator);
  expect(wrong.wrong).toBe(2);
  expect(wrong.differences).toMatchObject([
    { by: "seller", key: seller.userId, kept: { units: 9 }, counted: { units: 2 } },
    { by: "state", key: "reserved", kept: null, counted: { orders: 2 } },
  ]);
  await expect(verify(staff("support"), true)).rejects.toMatchObject({ code: "not_allowed" });
  expect(await verify(operator, true)).toMatchObject({ wrong: 0, rebuilt: true, compared: 4 });
  await expect(verify(staff())).rejects.toMatchObject({ code: "not_allowed" });
});
