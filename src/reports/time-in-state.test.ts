import { expect, type TestContext, test } from "vitest";
import { at, inferredAt, smallWorld } from "../testing/small-world.ts";

async function shop(t: TestContext, now = "2018-12-01T00:00:00Z") {
  const world = await smallWorld(t, { timeZone: "America/Sao_Paulo", now });
  const lamp = world.publication(world.user("ana"));
  return { world, lines: [{ of: lamp }] };
}

const state = (name: string, more: object) => ({
  state: name,
  orders: 0,
  medianHours: null,
  p90Hours: null,
  p99Hours: null,
  slaHours: null,
  within: null,
  withinRate: null,
  inState: 0,
  over: 0,
  oldestHours: null,
  ...more,
});

const stays = (hours: number, orders = 1) => ({
  orders,
  medianHours: hours,
  p90Hours: hours,
  p99Hours: hours,
});

test("without an order there is no state; one that waits has its time until now", async (t) => {
  const { world, lines } = await shop(t, "2018-05-01T12:15:01Z");
  await world.write();
  expect(await world.report("time-in-state")).toEqual([]);
  world.order({ at: "2018-05-01T12:00:00Z", lines });
  await world.write();
  expect(await world.report("time-in-state")).toEqual([
    state("reserved", { slaHours: 0.25, inState: 1, over: 1, oldestHours: 0.25 }),
  ]);
});

test("each state has the time from coming to leaving, and its SLA", async (t) => {
  const { world, lines } = await shop(t, "2018-06-01T00:00:00Z");
  const estimatedDeliveryAt = "2018-05-07T00:15:00Z";
  const sent = world.order({ at: "2018-05-01T00:00:00Z", lines, estimatedDeliveryAt });
  sent.pay(at("2018-05-01T00:15:00Z"));
  sent.handOver(at("2018-05-02T00:15:00Z"));
  sent.fail(at("2018-05-03T00:15:00Z"), "fail_delivery");
  sent.sendAgain(at("2018-05-05T00:15:00Z"));
  sent.deliver(at("2018-05-08T00:15:00Z"));
  sent.dispute(at("2018-05-10T00:15:00Z"), "not_as_described", "user:x", "-");
  sent.resolve(at("2018-05-20T00:15:00Z"), "user:x", "dismiss", "-");
  // Paid after half an hour, and cancelled one second after it should have been sent.
  const slow = world.order({ at: "2018-05-01T00:00:00Z", lines });
  slow.pay(at("2018-05-01T00:30:00Z"));
  slow.cancel(at("2018-05-03T00:30:01Z"), "user:x");
  await world.write();
  const within = (count: number, rate: number) => ({ within: count, withinRate: rate });
  expect(await world.report("time-in-state")).toEqual([
    state("reserved", {
      orders: 2,
      medianHours: 0.38,
      p90Hours: 0.48,
      p99Hours: 0.5,
      slaHours: 0.25,
      ...within(1, 0.5),
    }),
    state("paid", {
      orders: 2,
      medianHours: 36,
      p90Hours: 45.6,
      p99Hours: 47.76,
      slaHours: 48,
      ...within(1, 0.5),
    }),
    // A day until it failed, and three when it was sent again.
    state("shipped", {
      orders: 2,
      medianHours: 48,
      p90Hours: 67.2,
      p99Hours: 71.52,
      ...within(1, 0.5),
    }),
    state("not_delivered", { ...stays(48), slaHours: 72, ...within(1, 1) }),
    state("delivered", { ...stays(48), slaHours: 336, ...within(1, 1) }),
    state("disputed", { ...stays(240), slaHours: 168, ...within(0, 0) }),
  ]);
  expect(await world.report("time-in-state", { since: "2018-05-02" })).toEqual([]);
});

test("parcels are over when their estimate has passed", async (t) => {
  const { world, lines } = await shop(t, "2018-06-02T00:00:00Z");
  for (const estimate of ["2018-06-02T00:00:00Z", "2018-06-01T00:00:00Z", undefined]) {
    const order = world.order({
      at: "2018-05-01T00:00:00Z",
      lines,
      ...(estimate && { estimatedDeliveryAt: estimate }),
    });
    order.pay(at("2018-05-01T00:00:00Z"));
    order.handOver(at("2018-05-02T00:00:00Z"));
  }
  await world.write();
  expect((await world.report("time-in-state")).at(-1)).toEqual(
    state("shipped", { inState: 3, over: 1, oldestHours: 31 * 24 }),
  );
});

test("a history's own clocks count, and nothing that was inferred", async (t) => {
  const { world, lines } = await shop(t);
  // Clocks were put forward at midnight of the 4th: an hour looks like two.
  const told = { at: "2018-11-04T02:30:00Z", lines };
  const own = world.order({ ...told, timeZone: "America/Sao_Paulo" });
  own.pay(at("2018-11-04T03:30:00Z"));
  own.handOver(inferredAt("2018-11-04T03:30:00Z"));
  own.deliver(at("2018-11-05T03:30:00Z"));
  const placed = world.order({ ...told, inferred: true });
  placed.pay(at("2018-11-04T05:30:00Z"));
  await world.write();
  const rows = await world.report("time-in-state");
  expect(rows.map((row) => [row.state, row.orders, row.medianHours])).toEqual([
    ["reserved", 1, 2],
    ["paid", 0, null],
    ["shipped", 0, null],
    ["delivered", 0, null],
  ]);
});
