import { expect, test } from "vitest";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { balance } from "./balance.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { listLedger, totalLedger } from "./list-ledger.ts";
import { pay } from "./pay.ts";
import { review } from "./review.ts";
import { setFee } from "./set-fee.ts";
import { ship } from "./ship.ts";

const PAGE = { limit: 100 };

async function paidOrder(
  { deps }: Marketplace,
  actor: Actor,
  publication: string,
): Promise<{ id: string; totalMinor: number; feeMinor: number }> {
  const request = { actor, key: newId(), wanted: [{ publication, quantity: 1 }], shipTo: null };
  const [order] = (await buy(request, deps)).orders;
  if (!order) throw new Error("there is no order");
  await pay({ actor, target: order.id, card: "tok_approved", waitMs: 5_000 }, deps);
  return order;
}

test("what is owed follows from capture, cancellation and completion, and the books come to zero", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const staff = await market.user("olga", "operator");
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const lamp = await market.publication(ana, { priceMinor: 2_500 });
  expect((await balance({ actor: ana }, deps)).items).toEqual([]);

  const kept = await paidOrder(market, carla, lamp.id);
  expect(kept.feeMinor).toBe(250);
  const owedMinor = kept.totalMinor - 250;
  expect((await balance({ actor: ana }, deps)).items).toEqual([
    {
      currency: "ARS",
      capturedMinor: kept.totalMinor,
      feesMinor: 250,
      refundsMinor: 0,
      chargebacksMinor: 0,
      owedMinor,
      availableMinor: 0,
      pendingMinor: owedMinor,
    },
  ]);

  const cancelled = await paidOrder(market, carla, lamp.id);
  await cancelOrder({ actor: ana, order: cancelled.id, reason: "broken" }, deps);
  const both = kept.totalMinor + cancelled.totalMinor;
  expect((await balance({ actor: staff, seller: "ana@example.com" }, deps)).items).toMatchObject([
    { capturedMinor: both, feesMinor: 250, refundsMinor: cancelled.totalMinor, owedMinor },
  ]);

  await ship({ actor: ana, order: kept.id }, deps);
  await market.until(async () => (await deps.orders.find(kept.id))?.state === "delivered");
  const verdict = { lineNumber: 1, conforms: true, rating: 5, text: "" };
  await review({ actor: carla, order: kept.id, ...verdict }, deps);
  expect((await balance({ actor: ana }, deps)).items).toMatchObject([
    { owedMinor, availableMinor: owedMinor, pendingMinor: 0 },
  ]);

  const { items, totals } = await totalLedger({ actor: staff }, deps);
  expect(totals).toEqual([{ currency: "ARS", amountMinor: 0 }]);
  expect(items).toContainEqual({ currency: "ARS", account: "seller", amountMinor: -owedMinor });
  expect(items).toContainEqual({ currency: "ARS", account: "fee", amountMinor: -250 });
});

test("sellers see their own account of the ledger, staff every entry, page by page", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const staff = await market.user("olga", "support");
  const [ana, beto, carla] = [
    await market.user("ana"),
    await market.user("beto"),
    await market.user("carla"),
  ];
  const order = await paidOrder(market, carla, (await market.publication(ana)).id);
  await paidOrder(market, carla, (await market.publication(beto)).id);

  const all = await listLedger({ actor: staff, order: order.id, ...PAGE }, deps);
  expect(all.items.map(({ account }) => account)).toEqual(["fee", "seller", "cash"]);
  expect(all.items.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(0);
  expect(new Set(all.items.map(({ postingId }) => postingId)).size).toBe(1);

  const own = await listLedger({ actor: ana, ...PAGE }, deps);
  expect(own.items).toMatchObject([{ account: "seller", orderId: order.id, kind: "captured" }]);
  const peek = { actor: ana, seller: "beto@example.com", account: "cash" as const, ...PAGE };
  expect((await listLedger(peek, deps)).items).toEqual(own.items);

  const first = await listLedger({ actor: staff, limit: 4 }, deps);
  const pageToken = first.nextPageToken ?? "";
  const rest = await listLedger({ actor: staff, limit: 4, pageToken }, deps);
  expect([...first.items, ...rest.items]).toHaveLength(6);
  expect(rest.nextPageToken).toBeNull();
  const cash = { actor: staff, account: "cash", kind: "captured", ...PAGE } as const;
  expect((await listLedger(cash, deps)).items).toHaveLength(2);

  await expect(totalLedger({ actor: ana }, deps)).rejects.toMatchObject({ code: "not_allowed" });
  await expect(balance({ actor: ana, seller: "beto@example.com" }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
});

test("a category's fee is for new orders, and for operators to set", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const operator = await market.user("olga", "operator");
  const [ana, carla] = [await market.user("ana"), await market.user("carla")];
  const lamp = await market.publication(ana, { priceMinor: 2_500 });

  const before = await paidOrder(market, carla, lamp.id);
  const set = { actor: operator, category: "lighting", feeBps: 1_250 };
  expect(await setFee(set, deps)).toMatchObject({ feeBps: 1_250, feeBpsBefore: 1_000 });
  const after = await paidOrder(market, carla, lamp.id);
  // 12.5% of 25.00, half a cent up.
  expect([before.feeMinor, after.feeMinor]).toEqual([250, 313]);
  expect((await deps.categories.list({ limit: 10 })).map(({ feeBps }) => feeBps)).toEqual([1_250]);

  await expect(setFee({ ...set, actor: ana }, deps)).rejects.toMatchObject({ code: "not_allowed" });
  await expect(setFee({ ...set, feeBps: 10_001 }, deps)).rejects.toMatchObject({ code: "invalid" });
});
