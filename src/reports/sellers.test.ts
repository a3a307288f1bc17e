import { expect, type TestContext, test } from "vitest";
import { at, inferredAt, smallWorld } from "../testing/small-world.ts";

/** Ana's shop on 1 July 2026, noon: the last 60 days began on 2 May at noon. */
async function shop(t: TestContext) {
  const world = await smallWorld(t, { now: "2026-07-01T12:00:00Z" });
  const ana = world.user("ana");
  const lines = [{ of: world.publication(ana) }];
  const sells = (time: string, day = Date.parse(time)) => {
    const order = world.order({ at: time, lines });
    order.pay(at(time));
    const hours = (count: number) => at(new Date(day + count * 3_600_000).toISOString());
    return { order, hours };
  };
  const reputation = async (wish = {}) => world.report("sellers", wish);
  return { world, ana, lines, sells, reputation };
}

test("without sales there is no seller; one sale gives no level", async (t) => {
  const { world, ana, lines, sells, reputation } = await shop(t);
  world.order({ at: "2026-06-01T12:00:00Z", lines });
  await world.write();
  expect(await reputation()).toEqual([]);
  sells("2026-06-30T12:00:00Z");
  await world.write();
  expect(await reputation()).toEqual([
    {
      sellerId: ana,
      level: null,
      sales: 1,
      completed: 0,
      claims: 0,
      claimsRate: 0,
      cancellations: 0,
      cancellationsRate: 0,
      lateDispatches: 0,
      // It has three days left.
      lateDispatchesRate: null,
    },
  ]);
});

test("only sales of the last sixty days count, or those that are asked for", async (t) => {
  const { world, sells, reputation } = await shop(t);
  sells("2026-05-02T12:00:00Z");
  sells("2026-05-02T12:00:01Z");
  sells("2026-06-30T23:00:00Z");
  await world.write();
  const sales = async (wish = {}) => (await reputation(wish)).map((row) => row.sales);
  expect(await sales()).toEqual([2]);
  expect(await sales({ since: "2026-05-02" })).toEqual([3]);
  // Sixty days before the end of June began with May.
  expect(await sales({ until: "2026-07-01" })).toEqual([2 + 1]);
  expect(await sales({ until: "2026-07-01T12:00:01" })).toEqual([2]);
  expect(await sales({ since: "2026-06-01", until: "2026-06-30" })).toEqual([]);
});

test("claims are disputes that were not dismissed, and no chargebacks", async (t) => {
  const { world, ana, sells, reputation } = await shop(t);
  const delivered = (time: string) => {
    const sale = sells(time);
    sale.order.handOver(sale.hours(24));
    sale.order.deliver(sale.hours(48));
    return sale;
  };
  const fine = delivered("2026-06-01T12:00:00Z");
  fine.order.review(fine.hours(72), 0, { conforms: true, rating: 5, text: "" });
  const broken = delivered("2026-06-02T12:00:00Z");
  broken.order.review(broken.hours(72), 0, { conforms: false, rating: 1, text: "" });
  const dismissed = delivered("2026-06-03T12:00:00Z");
  dismissed.order.dispute(dismissed.hours(72), "not_received", `user:${ana}`, "-");
  dismissed.order.resolve(dismissed.hours(96), `user:${ana}`, "dismiss", "-");
  // The bank's came after the buyer's own, which counts once.
  const twice = delivered("2026-06-04T12:00:00Z");
  twice.order.dispute(twice.hours(72), "not_received", `user:${ana}`, "-");
  twice.order.resolve(twice.hours(96), `user:${ana}`, { refundMinor: 100 }, "-");
  twice.order.dispute(twice.hours(120), "chargeback", "provider:payments", "-");
  const bank = delivered("2026-06-05T12:00:00Z");
  bank.order.dispute(bank.hours(72), "chargeback", "provider:payments", "-");
  await world.write();
  expect(await reputation()).toMatchObject([
    {
      sales: 5,
      completed: 2,
      claims: 2,
      claimsRate: 0.4,
      lateDispatches: 0,
      lateDispatchesRate: 0,
    },
  ]);
});

test("only what the seller cancelled, or did not send, is the seller's", async (t) => {
  const { world, ana, lines, sells, reputation } = await shop(t);
  const by = (actor: string, time: string, event?: "miss_dispatch") => {
    const { order, hours } = sells(time);
    order.cancel(hours(24), actor, event);
  };
  by(`user:${ana}`, "2026-06-01T12:00:00Z");
  by("timer", "2026-06-02T12:00:00Z", "miss_dispatch");
  by(`user:${world.user("sol")}`, "2026-06-03T12:00:00Z");
  // Nobody had paid for it.
  const reserved = world.order({ at: "2026-06-04T12:00:00Z", lines });
  reserved.cancel(at("2026-06-04T12:10:00Z"), `user:${ana}`);
  await world.write();
  expect(await reputation()).toMatchObject([
    { sales: 3, cancellations: 2, cancellationsRate: 0.6667, lateDispatchesRate: null },
  ]);
});

test("late is what was handed over after 72 hours, or still waits then", async (t) => {
  const { world, ana, lines, sells, reputation } = await shop(t);
  const handed = (time: string, afterHours: number) => {
    const sale = sells(time);
    sale.order.handOver(sale.hours(afterHours));
    return sale;
  };
  handed("2026-06-01T12:00:00Z", 72);
  handed("2026-06-02T12:00:00Z", 72.001);
  // Sent again after a week, but first in time.
  const again = handed("2026-06-03T12:00:00Z", 24);
  again.order.fail(again.hours(96), "fail_delivery");
  again.order.sendAgain(again.hours(168));
  // Waits, and may; waits, and is late.
  sells("2026-06-28T12:00:00Z");
  sells("2026-06-28T11:59:59Z");
  // Of a history, whose end nobody knows.
  sells("2026-06-10T12:00:00Z").order.flag("imported");
  // Nobody knows when it was handed over; when it was paid.
  const unknown = sells("2026-06-04T12:00:00Z");
  unknown.order.handOver({ ...unknown.hours(100), inferred: true });
  const unpaid = world.order({ at: "2026-06-05T12:00:00Z", lines });
  unpaid.pay(inferredAt("2026-06-05T12:00:00Z"));
  unpaid.handOver(at("2026-06-20T12:00:00Z"));
  await world.write();
  expect(await reputation()).toMatchObject([
    { sellerId: ana, sales: 8, lateDispatches: 2, lateDispatchesRate: 0.5 },
  ]);
});

test.for([
  // At most 10, 18, 22 % of dispatches; a level needs ten sales.
  { sales: 10, late: 1, level: "green" },
  { sales: 10, late: 2, level: "orange" },
  { sales: 11, late: 2, level: "orange" },
  { sales: 12, late: 2, level: "yellow" },
  { sales: 10, late: 3, level: "red" },
  { sales: 9, late: 3, level: null },
])("$late late of $sales is $level", async ({ sales, late, level }, t) => {
  const { world, sells, reputation } = await shop(t);
  for (let number = 0; number < sales; number += 1) {
    const { order, hours } = sells(`2026-06-${10 + number}T12:00:00Z`);
    order.handOver(hours(number < late ? 73 : 1));
  }
  await world.write();
  expect(await reputation()).toMatchObject([{ sales, lateDispatches: late, level }]);
});

test.for([
  // At most 1.5, 3.5, 4 % are cancelled.
  { sales: 67, level: "green" },
  { sales: 66, level: "yellow" },
  { sales: 28, level: "orange" },
  { sales: 24, level: "red" },
])("one cancelled of $sales is $level", async ({ sales, level }, t) => {
  const { world, ana, sells, reputation } = await shop(t);
  for (let number = 0; number < sales; number += 1) sells("2026-06-30T12:00:00Z");
  const [first] = world.rows.order;
  if (!first) throw new Error("nothing was sold");
  first.state = "cancelled";
  for (const step of world.rows.transition)
    if (step.subjectId === first.id && step.event === "approve_payment")
      Object.assign(step, { event: "cancel", actor: `user:${ana}`, toState: "cancelled" });
  await world.write();
  expect(await reputation()).toMatchObject([{ sales, cancellations: 1, level }]);
});

test("sellers with most sales come first, then by id", async (t) => {
  const { world, ana, sells, reputation } = await shop(t);
  const [bea, carla] = [world.user("bea"), world.user("carla")];
  for (const seller of [carla, carla, bea]) {
    const lines = [{ of: world.publication(seller) }];
    world.order({ at: "2026-06-30T12:00:00Z", lines }).pay(at("2026-06-30T12:00:00Z"));
  }
  sells("2026-06-30T12:00:00Z");
  await world.write();
  expect((await reputation()).map((row) => row.sellerId)).toEqual([carla, ana, bea]);
  expect((await reputation({ limit: 1 })).map((row) => row.sellerId)).toEqual([carla]);
});
