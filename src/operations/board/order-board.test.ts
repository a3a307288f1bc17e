import { expect, test } from "vitest";
import type { Actor } from "../../domain/actor.ts";
import { newId } from "../../domain/ids.ts";
import type { BoardSort } from "../../domain/order-board.ts";
import { type Marketplace, testMarketplace } from "../../testing/marketplace.ts";
import { testSale } from "../../testing/sale.ts";
import { buy } from "../buy.ts";
import { cancelOrder } from "../cancel-order.ts";
import { orderBoard, orderCounts, orderFilter } from "./order-board.ts";

/** Orders of one piece each, in the order in which they were placed. */
async function place(market: Marketplace, buyer: Actor, prices: number[]): Promise<string[]> {
  const seller = await market.user("ana");
  const ids: string[] = [];
  for (const priceMinor of prices) {
    const { id } = await market.publication(seller, { priceMinor });
    const wanted = [{ publication: id, quantity: 1 }];
    const { orders } = await buy({ actor: buyer, key: newId(), wanted, shipTo: null }, market.deps);
    ids.push(orders[0]?.id ?? "");
  }
  return ids;
}

test("pages go on from a row in both directions, whatever they are sorted by", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [staff, buyer] = [await market.user("sol", "support"), await market.user("carla")];
  const prices = [300, 100, 500, 200, 500];
  const placed = await place(market, buyer, prices);
  const dear = [4, 2, 0, 3, 1].map((index) => placed[index]);
  const wanted: Record<BoardSort, (string | undefined)[]> = {
    newest: placed.toReversed(),
    oldest: placed,
    total: dear,
    age: placed,
  };
  for (const sort of ["newest", "oldest", "total", "age"] as const) {
    const read = (from: "first" | "last" | { after: string } | { upTo: string }) =>
      orderBoard({ actor: staff, filter: "", sort, from, limit: 3 }, deps);
    const first = await read("first");
    expect(first.rows.map(({ id }) => id)).toEqual(wanted[sort].slice(0, 3));
    expect([first.hasBefore, first.hasAfter]).toEqual([false, true]);
    const border = first.rows[2]?.cursor ?? "";
    const second = await read({ after: border });
    expect(second.rows.map(({ id }) => id)).toEqual(wanted[sort].slice(2));
    expect([second.hasBefore, second.hasAfter]).toEqual([true, false]);
    const back = await read({ upTo: border });
    expect(back).toEqual({ ...first, hasAfter: true });
    const last = await read("last");
    expect(last.rows.map(({ id }) => id)).toEqual(wanted[sort].slice(2));
    expect([last.hasBefore, last.hasAfter]).toEqual([true, false]);
  }
});

test("a filter knows states, flags, ids and people", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const staff = await market.user("sol", "support");
  const [carla, dario] = [await market.user("carla"), await market.user("dario")];
  const [kept, cancelled] = await place(market, carla, [100, 200]);
  await cancelOrder({ actor: carla, order: cancelled ?? "", reason: "no more" }, deps);
  const find = async (filter: string) => {
    const want = { actor: staff, filter, sort: "oldest", from: "first", limit: 10 } as const;
    return (await orderBoard(want, deps)).rows.map(({ id }) => id);
  };
  expect(await find("cancelled")).toEqual([cancelled]);
  expect(await find("carla@example reserved")).toEqual([kept]);
  expect(await find("ana@")).toEqual([kept, cancelled]);
  expect(await find(`user:${dario.userId}`)).toEqual([]);
  expect(await find(kept?.slice(0, 30) ?? "")).toContain(kept);
  expect(await find(kept ?? "")).toEqual([kept]);
  expect(await find("nobody@nowhere")).toEqual([]);
  expect(await find("flag:chargeback")).toEqual([]);
  await expect(find("state:sent")).rejects.toMatchObject({ code: "invalid" });
  expect(orderFilter("stuck paid ab12")).toEqual({
    isStuck: true,
    state: "paid",
    idStart: "ab12",
    people: [],
  });
});

test("an order that is not sent in time is stuck, and counted so", async (t) => {
  const sale = await testSale(t);
  const { deps, staff, orderId } = sale;
  const stuck = async () => {
    const want = {
      actor: staff,
      filter: "stuck",
      sort: "newest",
      from: "first",
      limit: 10,
    } as const;
    return (await orderBoard(want, { ...deps, board: boardOf(deps) })).rows;
  };
  const counts = () => orderCounts({ actor: staff }, { ...deps, board: boardOf(deps) });
  expect(await stuck()).toEqual([]);
  const paid = (await counts()).states.find(({ state }) => state === "paid");
  expect(paid).toMatchObject({ count: 1, oldestAt: paid?.medianAt });
  sale.later(3);
  const [row] = await stuck();
  expect(row).toMatchObject({ id: orderId, state: "paid" });
  expect((await counts()).stuck).toEqual([{ state: "paid", count: 1 }]);
  await expect(orderCounts({ actor: sale.buyer }, deps)).rejects.toMatchObject({
    code: "not_allowed",
  });
});

/** Another owner of what is kept: nothing of it is known yet. */
const boardOf = ({ board }: Marketplace["deps"]) =>
  new Proxy(board, { get: (target, name) => Reflect.get(target, name) });
