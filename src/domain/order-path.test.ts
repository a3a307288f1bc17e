import { expect, test } from "vitest";
import { canReach, orderRowsFrom, orderWay } from "./order-path.ts";
import { statesOf } from "./transitions.ts";

const events = (way: ReturnType<typeof orderWay>) => way?.map(({ event }) => event);

test("finds the shortest way, and none where there is none", () => {
  expect(events(orderWay("reserved", "reserved"))).toEqual([]);
  expect(events(orderWay("reserved", "shipped"))).toEqual(["approve_payment", "hand_over"]);
  expect(events(orderWay("reserved", "delivered"))).toEqual(["approve_payment", "deliver"]);
  const scanned = orderWay("reserved", "delivered", ({ from, event }) => {
    return from !== "paid" || event !== "deliver";
  });
  expect(events(scanned)).toEqual(["approve_payment", "hand_over", "deliver"]);
  expect(orderWay("cancelled", "paid")).toBeUndefined();
  expect(orderWay("shipped", "paid")).toBeUndefined();
});

test("what is over reaches itself only, and every other state an end", () => {
  const ends = statesOf("order").filter((state) => orderRowsFrom(state).length === 0);
  expect(ends.sort()).toEqual(["cancelled", "expired", "refunded"]);
  for (const state of statesOf("order")) {
    expect(canReach(state, ends)).toBe(true);
    if (!ends.includes(state)) continue;
    expect(
      canReach(
        state,
        statesOf("order").filter((other) => other !== state),
      ),
    ).toBe(false);
  }
});
