import { expect, test } from "vitest";
import { displayWidth } from "../../output/safe-text.ts";
import { DAY_MS, oneSale } from "../../testing/one-sale.ts";
import { labelled } from "../linear.ts";
import { plain } from "../lines.ts";
import type { ListColumn } from "../screen.ts";
import { takeSnapshot } from "../snapshot.ts";
import { orderActions } from "./order-actions.ts";
import { loadOrder, storyLines } from "./order-detail.ts";
import { ORDERS } from "./orders.ts";

const want = {
  filter: "",
  choices: { sort: "newest", show: "all" },
  page: { from: "first", limit: 10 },
} as const;

test("an order that outlives its reservation stands out in words, in the list and above it", async (t) => {
  const { deps, staff, orderId, advance } = await oneSale(t);
  await advance(DAY_MS);
  const data = await ORDERS.load(want, { deps, actor: staff });
  const view = { columns: 120, now: deps.now() };
  const [row] = ORDERS.list?.page(data).rows ?? [];
  expect(row).toMatchObject({ id: orderId, state: "reserved" });
  if (!row) return;
  const text = labelled((ORDERS.list?.columns ?? []) as ListColumn<unknown>[], row, view);
  expect(text).toContain("state reserved");
  expect(text).toContain("! not expired 23h");
  expect(text).toContain("carla@example.com");
  const above = (columns: number) => ORDERS.summary(data, { ...view, columns }).map(plain);
  expect(above(120).join("\n")).toMatch(/reserved +1 oldest 1d +! 1 stuck/);
  for (const columns of [60, 80, 100, 120, 200, 300]) {
    const [first = ""] = above(columns);
    expect(first).toMatch(/reserved +1 .*! 1.* paid +0/);
    for (const line of above(columns)) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  }
});

test("the story has everything about an order, and what can be done has a command", async (t) => {
  const { deps, staff, orderId } = await oneSale(t);
  const detail = await loadOrder(orderId, { deps, actor: staff });
  const story = storyLines(detail, { columns: 200, now: deps.now() }).map(plain).join("\n");
  for (const part of [
    orderId,
    "reserved",
    "carla@example.com",
    "ana@example.com",
    "2 × ",
    "total",
    "timeline",
  ])
    expect(story).toContain(part);
  const actions = orderActions(detail);
  const cancel = actions.find(({ command }) => command === `mkt order cancel ${orderId}`);
  expect(cancel).toMatchObject({ title: "cancel", blockedBy: null, confirm: { word: "cancel" } });
  expect(new Set(actions.map(({ command }) => command)).size).toBe(actions.length);
});

test("a snapshot says how many there are, as text and as data", async (t) => {
  const { deps, staff, orderId } = await oneSale(t);
  const { snapshot, text } = await takeSnapshot(
    { screen: undefined, limit: 5 },
    { deps, actor: staff },
  );
  expect(snapshot).toMatchObject({ screen: "orders", data: { orders: [{ id: orderId }] } });
  expect(text(100)).toContain(`order ${orderId.slice(0, 13)}, state reserved`);
  const unknown = takeSnapshot({ screen: "lamps", limit: 5 }, { deps, actor: staff });
  await expect(unknown).rejects.toThrow("there is no screen lamps");
});
