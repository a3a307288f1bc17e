import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { testMarketplace } from "../../testing/marketplace.ts";
import { storesHealth } from "./store-health.ts";

test("every store answers, the relay is behind until it has relayed, and capacity is counted", async (t) => {
  const market = await testMarketplace(t);
  const actor = await market.user("sol", "support");
  const ana = await market.user("ana");
  await market.publication(ana);
  const health = await storesHealth({ actor }, market.deps);
  expect(health.stores.map(({ store }) => store)).toEqual([
    ...["aurora", "dynamo", "s3", "neptune", "payments", "shipping"],
  ]);
  for (const { store, answers, problem } of health.stores)
    expect({ store, answers, problem }).toEqual({ store, answers: true, problem: null });
  expect(health.stores[0]?.bytes).toBeGreaterThan(1_000_000);
  expect(health.relay?.pending).toBeGreaterThan(0);
  expect(health.graphDump).toBeNull();
  await market.relay();
  const { deps } = market;
  const again = new Proxy(deps.board, { get: (target, name) => Reflect.get(target, name) });
  const after = await storesHealth({ actor }, { ...deps, board: again });
  expect(after.relay).toMatchObject({ pending: 0, lagSeconds: 0, setAside: 0 });
  expect(after.capacity?.readUnits).toBeGreaterThan(0);
  expect(after.capacity?.writeUnits).toBeGreaterThan(0);
});

test("a store that is away keeps no other from being shown", async (t) => {
  const market = await testMarketplace(t);
  const actor = await market.user("sol", "support");
  const { endpoint } = market.config.profile.payments;
  await rm("socketPath" in endpoint ? endpoint.socketPath : "");
  const { stores } = await storesHealth({ actor }, market.deps);
  const payments = stores.find(({ store }) => store === "payments");
  expect(payments).toMatchObject({ answers: false, latencyMs: null });
  expect(payments?.problem).toBeTruthy();
  expect(stores.filter(({ answers }) => answers).length).toBe(5);
});
