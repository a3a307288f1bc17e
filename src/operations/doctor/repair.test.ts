import { expect, test } from "vitest";
import type { Fault } from "../../domain/law.ts";
import { change, INJURIES, pageKey, questionKey, remove } from "../../testing/injuries.ts";
import { check, named, sickMarketplace } from "../../testing/sick-marketplace.ts";
import { refundOfOrder } from "../../testing/sicknesses.ts";
import { cancelOrder } from "../cancel-order.ts";

test("what is safe to mend is shown, mended and found right again", async (t) => {
  const market = await sickMarketplace(t);
  const laws = [...new Set(INJURIES.map(({ law }) => law))];
  for (const { law, what, of, injure, repair } of INJURIES) {
    await injure(market);
    let plan: readonly Fault[] = [];
    const approve = async (shown: readonly Fault[]) => {
      plan = shown;
      return true;
    };
    const { faults, repaired } = await check(market, { laws, approve });
    expect
      .soft(plan, what)
      .toContainEqual(expect.objectContaining({ law, id: of(market), repair }));
    expect.soft(new Set(plan.map(({ id }) => id)), what).toEqual(new Set([of(market)]));
    expect
      .soft(
        repaired.map(({ problem }) => problem),
        what,
      )
      .toEqual(plan.map(() => null));
    expect.soft(faults, what).toEqual([]);
  }
  expect((await check(market)).faults).toEqual([]);
  expect(
    Number(await market.ask("select count(*) from audit where action = 'doctor.repair'")),
  ).toBeGreaterThanOrEqual(INJURIES.length);
}, 90_000);

test("nothing is mended that was not approved", async (t) => {
  const market = await sickMarketplace(t);
  await remove(market, pageKey(market));
  const { faults, repaired } = await check(market, { approve: async () => false });
  expect(repaired).toEqual([]);
  expect(faults[0]).toMatchObject({ law: "pages-match-rows", problem: "it has no page" });
  expect(named((await check(market)).faults)).toEqual(named(faults));
});

test("a reservation whose time is over expires, and a refund that failed is requested again", async (t) => {
  let aheadMs = 0;
  const market = await sickMarketplace(t, {
    now: () => new Date(Date.now() + aheadMs).toISOString(),
  });
  const { deps, seller } = market;
  const order = await market.bought("refused", "tok_refund_fails_once");
  await cancelOrder({ actor: seller, order, reason: "broken in store" }, deps);
  const refund = await refundOfOrder(market, order);
  await market.until(
    async () => (await market.ask("select state from refund where id = $1", refund)) === "failed",
  );
  aheadMs = 2 * 3_600_000;
  const laws = ["refunds-arrive", "timers-on-time"] as const;
  const { faults } = await check(market, { laws });
  expect(faults).toMatchObject([
    { law: "refunds-arrive", id: refund, orderId: order, repair: "request-refund" },
    { law: "timers-on-time", id: market.orders.reserved, repair: "expire-reservation" },
  ]);
  expect(await check(market, { laws, approve: async () => true })).toMatchObject({
    faults: [],
    repaired: [{ id: refund }, { id: market.orders.reserved }],
  });
  expect(await deps.orders.find(market.orders.reserved)).toMatchObject({ state: "expired" });
  await market.until(
    async () =>
      (await market.ask("select state from refund where id = $1", refund)) === "succeeded",
  );
  aheadMs = 0;
  expect((await check(market)).faults).toEqual([]);
});

test("an image that is another one is named, and so is a question that is listed elsewhere", async (t) => {
  const market = await sickMarketplace(t);
  await market.deps.objects.putObject(`images/${market.imageId}`, "no image", "image/jpeg");
  await change(market, questionKey(market), "gsi1sk", "answered#never");
  expect((await check(market)).faults).toMatchObject([
    { law: "questions-are-listed", id: market.questionId, repair: null },
    { law: "images-are-whole", id: market.imageId, repair: null },
  ]);
});
