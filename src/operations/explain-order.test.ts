import { expect, type TestContext, test } from "vitest";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { DISPUTE_RULES, ORDER_RULES } from "../domain/order-rules.ts";
import { PAYMENT_RULES, REFUND_RULES, SHIPMENT_RULES } from "../domain/payment-rules.ts";
import { TRANSITIONS } from "../domain/transitions.ts";
import { MktError } from "../errors.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { explainOrder, type PossibleTransition } from "./explain-order.ts";
import { openDispute } from "./open-dispute.ts";
import { pay } from "./pay.ts";
import { refundPayment } from "./refund-payment.ts";
import { resolveDispute } from "./resolve-dispute.ts";
import { review } from "./review.ts";
import { TIMER_CHORES } from "./run-timers.ts";
import { settlePayment, settleRefunds } from "./settle-payment.ts";
import { settleShipment } from "./settle-shipment.ts";
import { ship } from "./ship.ts";

const WAIT_MS = 5_000;
const DAY_MS = 86_400_000;
/** Each row is tried on an order of its own. */
const TIMEOUT_MS = 120_000;
const reason = "a test";

type Sale = Awaited<ReturnType<typeof setup>>;

/** A marketplace whose carrier does only what it is told, and whose time stands still. */
async function setup(t: TestContext) {
  let ahead = 0;
  const market = await testMarketplace(t, {
    now: () => new Date(Date.now() + ahead).toISOString(),
    times: { pickupMs: DAY_MS, deliveryMs: DAY_MS },
  });
  const { deps } = market;
  const [seller, buyer, other] = [
    await market.user("ana"),
    await market.user("carla"),
    await market.user("beto"),
  ];
  const operator = await market.user("olga", "operator");
  const [lamp, chair] = [
    await market.publication(seller, { stock: 1_000 }),
    await market.publication(seller, { title: "Chair", stock: 1_000 }),
  ];
  const reserve = async (lines = 1): Promise<string> => {
    const wanted = [lamp, chair]
      .slice(0, lines)
      .map(({ id }) => ({ publication: id, quantity: 1 }));
    const request = { actor: buyer, key: newId(), wanted, shipTo: null };
    return (await buy(request, deps)).orders[0]?.id ?? "";
  };
  const advance = (ms: number) => {
    ahead += ms;
  };
  return { market, deps, seller, buyer, other, operator, reserve, advance };
}

const payWith = async (card: string, order: string, { deps, buyer }: Sale) => {
  const waitMs = card === "tok_approved" ? WAIT_MS : 0;
  return pay({ actor: buyer, target: order, card, waitMs }, deps);
};
const lastShipment = async (order: string, { deps }: Sale) => {
  const shipment = (await deps.shipments.ofOrder(order)).at(-1);
  return { id: shipment?.id ?? "", providerId: shipment?.providerId ?? "none" };
};
const lastPayment = async (order: string, { deps }: Sale) => {
  const payment = (await deps.payments.ofOrder(order)).at(-1);
  return { id: payment?.id ?? newId(), providerId: payment?.providerId ?? "none" };
};
type Carrier = "deliverShipment" | "failDelivery" | "loseShipment" | "returnShipment";
const carrierDoes = async (verb: Carrier, order: string, sale: Sale) => {
  const { id, providerId } = await lastShipment(order, sale);
  await sale.deps.simulators[verb](providerId);
  return settleShipment(id, sale.deps);
};
const writeReview = (order: string, lineNumber: number, { deps, buyer }: Sale) =>
  review({ actor: buyer, order, lineNumber, conforms: true, rating: 5, text: "" }, deps);

/** How an order comes to stand where it is explained. */
const STANDINGS: Record<string, (sale: Sale) => Promise<string>> = {
  reserved: ({ reserve }) => reserve(),
  "being paid": async (sale) => {
    const order = await sale.reserve();
    await payWith("tok_second_step", order, sale);
    return order;
  },
  "waiting for a ticket": async (sale) => {
    const order = await sale.reserve();
    await payWith("tok_ticket", order, sale);
    return order;
  },
  paid: async (sale) => {
    const order = await sale.reserve(2);
    await payWith("tok_approved", order, sale);
    return order;
  },
  labelled: async (sale) => {
    const order = (await STANDINGS.paid?.(sale)) ?? "";
    await ship({ actor: sale.seller, order }, sale.deps);
    return order;
  },
  "scanned unheard": async (sale) => {
    const order = (await STANDINGS.labelled?.(sale)) ?? "";
    await sale.deps.simulators.scanShipment((await lastShipment(order, sale)).providerId);
    return order;
  },
  shipped: async (sale) => {
    const order = (await STANDINGS.labelled?.(sale)) ?? "";
    await ship({ actor: sale.seller, order, handedOver: true }, sale.deps);
    return order;
  },
  "not delivered": (sale) => afterCarrier("failDelivery", sale),
  lost: (sale) => afterCarrier("loseShipment", sale),
  returned: (sale) => afterCarrier("returnShipment", sale),
  "labelled again": async (sale) => {
    const order = (await STANDINGS.lost?.(sale)) ?? "";
    await ship({ actor: sale.seller, order }, sale.deps);
    return order;
  },
  delivered: (sale) => afterCarrier("deliverShipment", sale),
  "half reviewed": async (sale) => {
    const order = (await STANDINGS.delivered?.(sale)) ?? "";
    await writeReview(order, 2, sale);
    return order;
  },
  completed: async (sale) => {
    const order = (await STANDINGS["half reviewed"]?.(sale)) ?? "";
    await writeReview(order, 1, sale);
    return order;
  },
  disputed: async (sale) => {
    const order = (await STANDINGS.delivered?.(sale)) ?? "";
    await TRIES["order dispute"]?.(order, sale);
    return order;
  },
  "disputed, not received": async (sale) => {
    const order = (await STANDINGS.lost?.(sale)) ?? "";
    await TRIES["order dispute"]?.(order, sale);
    return order;
  },
  "charged back": async (sale) => {
    const order = (await STANDINGS.shipped?.(sale)) ?? "";
    await TRIES["payment charge_back"]?.(order, sale);
    return order;
  },
  "partly refunded": async (sale) => {
    const order = (await STANDINGS.delivered?.(sale)) ?? "";
    await refund("1.00")(order, sale);
    await until(sale, async () => {
      const [payment] = await sale.deps.payments.ofOrder(order);
      return payment?.state === "partially_refunded";
    });
    return order;
  },
  authorized: async (sale) => {
    const order = await sale.reserve();
    const waitMs = WAIT_MS;
    const request = { actor: sale.buyer, target: order, card: "tok_approved", waitMs };
    await pay({ ...request, authorize: true }, sale.deps);
    return order;
  },
  cancelled: async (sale) => {
    const order = (await STANDINGS.paid?.(sale)) ?? "";
    await cancelOrder({ actor: sale.buyer, order, reason }, sale.deps);
    return order;
  },
};

async function afterCarrier(verb: Carrier, sale: Sale): Promise<string> {
  const order = (await STANDINGS.shipped?.(sale)) ?? "";
  await carrierDoes(verb, order, sale);
  return order;
}

type Try = (order: string, sale: Sale) => Promise<unknown>;

const shipIt: Try = (order, { deps, seller }) => ship({ actor: seller, order }, deps);
const handOver: Try = async (order, sale) =>
  sale.deps.shipments.handOver((await lastShipment(order, sale)).id, "user:test", sale.deps.now());
const cancel: Try = (order, { deps, operator }) =>
  cancelOrder({ actor: operator, order, reason }, deps);
const askProvider: Try = async (order, sale) =>
  settlePayment((await lastPayment(order, sale)).id, sale.deps);
const sendRefunds: Try = async (order, sale) =>
  settleRefunds((await lastPayment(order, sale)).id, sale.deps);
const carrier =
  (verb: Carrier): Try =>
  (order, sale) =>
    carrierDoes(verb, order, sale);
const bank =
  (verb: "approvePayment" | "rejectPayment" | "chargeBackPayment" | "mediatePayment"): Try =>
  async (order, sale) => {
    await sale.deps.simulators[verb]((await lastPayment(order, sale)).providerId);
    return askProvider(order, sale);
  };
const reviewRest: Try = async (order, sale) => {
  const found = await sale.deps.orders.find(order);
  const done = await sale.deps.reviews.ofOrder(order);
  const [line, ...others] = (found?.lines ?? []).filter(
    ({ id }) => !done.some(({ orderLineId }) => orderLineId === id),
  );
  if (!line || others.length > 0) throw new MktError("conflict", "more than one review is missing");
  return writeReview(order, line.lineNumber, sale);
};
const timers: Try = async (_, { deps }) => {
  for (const { run } of TIMER_CHORES) await run(deps);
};
const refund =
  (amount?: string): Try =>
  async (order, sale) =>
    refundPayment(
      { actor: sale.operator, payment: (await lastPayment(order, sale)).id, amount, reason },
      sale.deps,
    );
const resolve =
  (how: Pick<Parameters<typeof resolveDispute>[0], "dismiss" | "refund">): Try =>
  (order, { deps, operator }) =>
    resolveDispute({ actor: operator, order, note: reason, ...how }, deps);
const until = (sale: Sale, condition: () => Promise<boolean>) => sale.market.until(condition);

/** What tries to make each event happen. */
const TRIES: Record<string, Try> = {
  "order approve_payment": askProvider,
  "order expire": timers,
  "order cancel": cancel,
  "order hand_over": handOver,
  "order deliver": carrier("deliverShipment"),
  "order fail_delivery": carrier("failDelivery"),
  "order send_again": async (order, sale) => {
    const [latest] = (await sale.deps.shipments.ofOrder(order)).slice(-1);
    return latest?.state === "not_delivered" ? shipIt(order, sale) : handOver(order, sale);
  },
  "order complete": reviewRest,
  "order miss_dispatch": timers,
  "order dispute": async (order, { deps, buyer }) => {
    const { deliveredAt } = (await deps.orders.find(order)) ?? {};
    const what = deliveredAt ? "not_as_described" : "not_received";
    return openDispute({ actor: buyer, order, reason: what, note: reason }, deps);
  },
  "order dismiss_dispute": resolve({ dismiss: true }),
  "order settle_dispute": resolve({ refund: { amount: "1.00" } }),
  "order refund": async (order, sale) => {
    const { state } = (await sale.deps.orders.find(order)) ?? {};
    return (state === "disputed" ? resolve({ refund: {} }) : refund())(order, sale);
  },
  "dispute dismiss": resolve({ dismiss: true }),
  "dispute refund_part": resolve({ refund: { amount: "1.00" } }),
  "dispute refund": resolve({ refund: {} }),
  "payment approve": bank("approvePayment"),
  "payment reject": bank("rejectPayment"),
  "payment cancel": cancel,
  "payment charge_back": bank("chargeBackPayment"),
  "payment mediate": bank("mediatePayment"),
  "payment refund": sendRefunds,
  "payment refund_part": sendRefunds,
  "refund accept": sendRefunds,
  "shipment prepare": shipIt,
  "shipment label": shipIt,
  "shipment scan": handOver,
  "shipment deliver": carrier("deliverShipment"),
  "shipment fail_delivery": carrier("failDelivery"),
  "shipment lose": carrier("loseShipment"),
  "shipment return": carrier("returnShipment"),
  "shipment send_again": shipIt,
  "shipment cancel": cancel,
};

/** Rows of the history that say that this happened. */
async function happened(row: PossibleTransition, { deps }: Sale): Promise<number> {
  const history = await deps.orders.transitions([row.id]);
  return history.filter((step) => {
    return step.event === row.event && step.from === row.from && step.to === row.to;
  }).length;
}

const explain = (order: string, actor: Actor, { deps }: Sale) =>
  explainOrder({ actor, order }, deps);

test.for(Object.keys(STANDINGS))(
  "%s: what is possible can be done, what is blocked cannot",
  { timeout: TIMEOUT_MS },
  async (name, t) => {
    const sale = await setup(t);
    const build = STANDINGS[name];
    if (!build) throw new Error(`nothing stands ${name}`);
    let order = await build(sale);
    let outlook = await explain(order, sale.operator, sale);
    t.expect(outlook.transitions.length > 0 || outlook.ended !== null).toBe(true);
    for (let index = 0; index < outlook.transitions.length; index += 1) {
      const row = outlook.transitions[index];
      const attempt = row && TRIES[`${row.machine} ${row.event}`];
      if (!attempt) continue;
      const before = await happened(row, sale);
      const outcome = await attempt(order, sale).catch((error: unknown) => error);
      const what = `${name}: ${row.machine} ${row.event}, ${row.blockedBy ?? "possible"}: ${outcome}`;
      expect.soft(await happened(row, sale), what).toBe(row.possible ? before + 1 : before);
      if (outcome instanceof Error && !(outcome instanceof MktError)) throw outcome;
      const after = await explain(order, sale.operator, sale);
      if (JSON.stringify(after) === JSON.stringify(outlook)) continue;
      order = await build(sale);
      outlook = await explain(order, sale.operator, sale);
    }
  },
);

test.for([
  ["reserved", "expire"],
  ["paid", "miss_dispatch"],
  ["shipped", "fail_delivery"],
  ["delivered", "complete"],
] as const)("%s: the timer does %s when it is due, not before", async ([name, event], t) => {
  const sale = await setup(t);
  const order = (await STANDINGS[name]?.(sale)) ?? "";
  const find = async () => {
    const { transitions } = await explain(order, sale.operator, sale);
    return transitions.find((row) => row.machine === "order" && row.event === event);
  };
  const row = await find();
  if (!row?.dueAt) throw new Error("no timer runs");
  const left = () => Date.parse(row.dueAt ?? "") - Date.parse(sale.deps.now());
  sale.advance(left() - 5_000);
  await timers(order, sale);
  t.expect(await happened(row, sale)).toBe(0);
  sale.advance(left() + 1);
  await timers(order, sale);
  t.expect(await happened(row, sale)).toBe(1);
});

test("every row of the table that leads on from a state of a sale has its rule", () => {
  const rules = {
    order: ORDER_RULES,
    payment: PAYMENT_RULES,
    refund: REFUND_RULES,
    shipment: SHIPMENT_RULES,
    dispute: DISPUTE_RULES,
  };
  for (const [machine, byEvent] of Object.entries(rules)) {
    const rows = TRANSITIONS.filter((row) => row.machine === machine && row.from !== null);
    const events = [...new Set(rows.map(({ event }) => event))];
    expect(Object.keys(byEvent).sort(), machine).toEqual(events.sort());
  }
});

test("each is told what they can do themselves, and staff for whom", async (t) => {
  const sale = await setup(t);
  const { seller, buyer, other, operator } = sale;
  const order = (await STANDINGS.labelled?.(sale)) ?? "";
  const handOverOf = async (actor: Actor) => {
    const { transitions } = await explain(order, actor, sale);
    return transitions.find(({ event }) => event === "hand_over");
  };
  const support = await sale.market.user("sam", "support");
  for (const actor of [seller, operator, support]) {
    expect(await handOverOf(actor)).toMatchObject({
      possible: true,
      command: `mkt ship ${order} --handed-over`,
    });
  }
  expect(await handOverOf(buyer)).toMatchObject({ possible: true, command: null });
  await expect(explain(order, other, sale)).rejects.toMatchObject({ code: "not_allowed" });

  const unpaid = await sale.reserve();
  const paying = async (actor: Actor) => {
    const { transitions } = await explain(unpaid, actor, sale);
    return transitions.find(({ event }) => event === "approve_payment");
  };
  const pay = `mkt pay ${unpaid} --card TOKEN`;
  const blockedBy = "no open payment";
  expect(await paying(buyer)).toMatchObject({ blockedBy, command: pay });
  expect(await paying(operator)).toMatchObject({
    blockedBy,
    command: `${pay} --as carla@example.com`,
  });
  expect(await paying(seller)).toMatchObject({ blockedBy, command: null });
});

test("timers say when, and what holds them up", async (t) => {
  const sale = await setup(t);
  const find = async (order: string, event: string) => {
    const { transitions } = await explain(order, sale.operator, sale);
    return transitions.find((row) => row.machine === "order" && row.event === event);
  };
  const order = await sale.reserve();
  const reservedUntil = (await sale.deps.orders.find(order))?.reservedUntil ?? "";
  const expire = { dueAt: reservedUntil, blockedBy: `waits until ${reservedUntil}` };
  expect(await find(order, "expire")).toMatchObject(expire);

  const paying = (await STANDINGS["being paid"]?.(sale)) ?? "";
  const [payment] = await sale.deps.payments.ofOrder(paying);
  const held = await find(paying, "expire");
  expect(held?.blockedBy).toBe(`payment ${payment?.id} is open (in process)`);
  expect(Date.parse(held?.dueAt ?? "")).toBeGreaterThan(Date.parse(payment?.deadlineAt ?? ""));

  const paid = (await STANDINGS.paid?.(sale)) ?? "";
  const { paidAt } = (await sale.deps.orders.find(paid)) ?? {};
  const dispatchBy = new Date(Date.parse(paidAt ?? "") + 7 * DAY_MS).toISOString();
  expect(await find(paid, "miss_dispatch")).toMatchObject({ dueAt: dispatchBy, possible: false });
  sale.advance(7 * DAY_MS);
  expect(await find(paid, "miss_dispatch")).toMatchObject({ possible: true, blockedBy: null });
  expect(await find(order, "expire")).toMatchObject({ possible: true });
});

test("of an order that is over it says how it ended, and what else is under way", async (t) => {
  const sale = await setup(t);
  const order = (await STANDINGS.cancelled?.(sale)) ?? "";
  const { state, ended, transitions } = await explain(order, sale.buyer, sale);
  expect(state).toBe("cancelled");
  const by = `user:${sale.buyer.userId}`;
  expect(ended).toMatchObject({ event: "cancel", from: "paid", actor: by });
  expect(transitions.some(({ machine }) => machine === "order")).toBe(false);
  expect(transitions.some(({ machine }) => machine === "refund")).toBe(true);
});
