import { expect, test } from "vitest";
import { LAWS } from "../../domain/law.ts";
import { editPrice } from "../../testing/relay.ts";
import { check, named, sickMarketplace } from "../../testing/sick-marketplace.ts";
import { SICKNESSES } from "../../testing/sicknesses.ts";
import { cancelOrder } from "../cancel-order.ts";
import { lawsNamed } from "./doctor.ts";

test("a marketplace in which everything happened breaks no law, and each law looked at something", async (t) => {
  const market = await sickMarketplace(t);
  const { laws, faults, orphanImages } = await check(market);
  expect(faults).toEqual([]);
  expect(laws.map(({ law }) => law)).toEqual(Object.keys(LAWS));
  expect(laws.filter(({ checked, wrong }) => checked === 0 || wrong > 0)).toEqual([]);
  expect(orphanImages).toBe(0);
});

test("each law finds what was changed by hand, and names just that", async (t) => {
  const market = await sickMarketplace(t);
  for (const { law, what, of, also = [], spoil, cure } of SICKNESSES) {
    const id = await of(market);
    await market.spoil(spoil, id);
    const { faults } = await check(market);
    expect.soft(named(faults), what).toContain(`${law} ${id}`);
    expect
      .soft([...new Set(faults.map((fault) => fault.law))].sort(), what)
      .toEqual([...new Set([law, ...also])].sort());
    await market.spoil(cure, id);
  }
  expect((await check(market)).faults).toEqual([]);
}, 90_000);

test("what waits to be relayed is pending, not wrong", async (t) => {
  const market = await sickMarketplace(t);
  await editPrice(market.deps, market.lampId, 9_900);
  const { faults, laws } = await check(market);
  expect(faults).toEqual([]);
  expect(laws.find(({ law }) => law === "pages-match-rows")).toMatchObject({
    wrong: 0,
    pending: 1,
  });
});

test("no timer runs for an order that was imported with its history", async (t) => {
  const market = await sickMarketplace(t);
  const { paid } = market.orders;
  await market.spoil(`update "order" set paid_at = '2020-01-01' where id = $1`, paid);
  expect(named((await check(market)).faults)).toEqual([`timers-on-time ${paid}`]);
  await market.spoil(`update "order" set flags = '{imported}' where id = $1`, paid);
  expect((await check(market)).faults).toEqual([]);
});

test("while everybody goes on working nothing is called wrong", async (t) => {
  const market = await sickMarketplace(t);
  const { deps, seller } = market;
  let working = true;
  const work = async (worker: number) => {
    for (let turn = 0; working; turn += 1) {
      const order = await market.bought(`${worker}.${turn}`, turn % 2 ? "tok_approved" : undefined);
      await cancelOrder({ actor: seller, order, reason: "changed my mind" }, deps);
      const lamp = await market.publication(seller, { title: `Lamp ${worker} ${turn}` });
      await editPrice(deps, lamp.id, 100 + turn);
      if (turn % 3 === 0) await market.relay();
    }
  };
  const workers = Promise.all([work(1), work(2), work(3)]);
  for (let time = 0; time < 8; time += 1) expect((await check(market)).faults).toEqual([]);
  working = false;
  await workers;
  await market.relay();
  const after = await check(market);
  expect(after.faults).toEqual([]);
  expect(after.laws.reduce((sum, { pending }) => sum + pending, 0)).toBe(0);
}, 90_000);

test("who may check and who may mend; some laws only; at most so many faults; and it stops", async (t) => {
  const market = await sickMarketplace(t);
  const support = await market.user("sofia", "support");
  await market.spoil("update publication set stock = stock + 1 where id = $1", market.lampId);
  await market.spoil('update "order" set revision = 9 where id = $1', market.orders.paid);
  await expect(check(market, { actor: market.buyer })).rejects.toMatchObject({
    code: "not_allowed",
  });
  await expect(check(market, { actor: support, approve: async () => true })).rejects.toMatchObject({
    code: "not_allowed",
  });

  const laws = ["stock-equals-movements"] as const;
  const some = await check(market, { actor: support, laws });
  expect(some.laws.map(({ law }) => law)).toEqual(laws);
  expect(named(some.faults)).toEqual([`stock-equals-movements ${market.lampId}`]);
  const few = await check(market, { limit: 1 });
  expect(few.faults).toHaveLength(1);
  expect(few.laws.reduce((sum, { wrong }) => sum + wrong, 0)).toBe(2);
  await expect(check(market, { stopping: AbortSignal.abort() })).rejects.toMatchObject({
    code: "interrupted",
  });
});

test("laws are named as people write them", () => {
  expect(lawsNamed("ledger-balances, one-open-payment")).toEqual([
    "ledger-balances",
    "one-open-payment",
  ]);
  expect(() => lawsNamed("gravity")).toThrow("there is no law");
});
