import { test } from "vitest";
import { turns } from "./turns.ts";

test("so much goes on at once, in the order in which it came, whatever fails", async (t) => {
  const inTurn = turns(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (index: number) => {
    order.push(index);
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    if (index % 3 === 0) throw new Error(`${index} failed`);
    return index;
  };
  const rounds = async (from: number) => {
    const indexes = Array.from({ length: 50 }, (_, index) => from + index);
    const all = await Promise.allSettled(indexes.map((index) => inTurn(() => work(index))));
    t.expect(all.filter(({ status }) => status === "rejected")).toHaveLength(17);
  };
  await rounds(0);
  await rounds(51);
  t.expect(most).toBe(2);
  t.expect(order).toEqual([...order].sort((a, b) => a - b));
  t.expect(order).toHaveLength(100);
});
