import { expect, test } from "vitest";
import { idsFrom } from "../../domain/ids.ts";
import { type PastOrder, pastOrder } from "../../domain/past/past-order.ts";
import { pastCategory, pastPublication, pastUser } from "../../domain/past/past-things.ts";
import { noRows, type PastRows } from "../../domain/past/rows.ts";
import type { Moment } from "../../domain/past/telling.ts";
import { checkLaws } from "../../operations/doctor/doctor.ts";
import { type Marketplace, testMarketplace } from "../../testing/marketplace.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.parse("2026-01-01T12:00:00Z");
const day = (number: number): Moment => ({
  at: new Date(START_MS + number * DAY_MS).toISOString(),
});
const NOW = day(400).at;

/** How an order's past can go, and in which state it ends. */
const PASTS: readonly (readonly [string, (past: PastOrder) => void])[] = [
  ["reserved", () => undefined],
  ["expired", (past) => past.playTimers(NOW)],
  [
    "expired",
    (past) => {
      past.openPayment(day(0));
      past.playTimers(NOW);
    },
  ],
  ["cancelled", (past) => past.cancel(day(1), `user:${past.order.buyerId}`)],
  [
    "paid",
    (past) => {
      past.decline(day(0), "insufficient_funds");
      past.pay(day(1));
    },
  ],
  [
    "cancelled",
    (past) => {
      past.pay(day(1));
      past.playTimers(NOW);
    },
  ],
  [
    "cancelled",
    (past) => {
      past.pay(day(1));
      past.label(day(2));
      past.cancel(day(3), "user:staff");
    },
  ],
  [
    "shipped",
    (past) => {
      past.pay(day(1));
      past.handOver(day(2));
    },
  ],
  [
    "not_delivered",
    (past) => {
      past.pay(day(1));
      past.handOver(day(2));
      past.playTimers(NOW);
    },
  ],
  [
    "completed",
    (past) => {
      past.pay(day(1));
      past.handOver(day(2));
      past.fail(day(3), "fail_delivery");
      past.sendAgain(day(4));
      past.deliver(day(5));
      past.playTimers(NOW);
    },
  ],
  [
    "refunded",
    (past) => {
      delivered(past);
      past.refundAll(day(5), "user:staff", "goodwill");
    },
  ],
  [
    "completed",
    (past) => {
      delivered(past);
      past.review(day(5), 0, { conforms: true, rating: 4, text: "fine" });
      past.review(day(5), 1, { conforms: true, rating: 5, text: "" });
    },
  ],
  [
    "disputed",
    (past) => {
      delivered(past);
      past.review(day(5), 0, { conforms: false, rating: 1, text: "broken\tand\\torn\n" });
    },
  ],
  [
    "completed",
    (past) => {
      disputed(past);
      past.resolve(day(7), "user:staff", "dismiss", "no");
    },
  ],
  [
    "completed",
    (past) => {
      disputed(past);
      past.resolve(day(7), "user:staff", { refundMinor: 333 }, "a part");
    },
  ],
  [
    "refunded",
    (past) => {
      disputed(past);
      past.resolve(day(7), "user:staff", { refundMinor: null }, "all");
    },
  ],
];

function delivered(past: PastOrder): void {
  past.pay(day(1));
  past.handOver(day(2));
  past.deliver(day(4));
}

function disputed(past: PastOrder): void {
  delivered(past);
  past.dispute(day(6), "not_as_described", `user:${past.order.buyerId}`, "broken");
}

test("whatever the past of orders was, the laws hold and the states are those of the table", async (t) => {
  const market = await testMarketplace(t);
  const rows = noRows();
  const ends = world(rows, "a");
  expect(ends.map((past) => past.order.state)).toEqual(PASTS.map(([state]) => state));
  await write(market, rows);
  await expectLawful(market, ends.length);
  const stored = await market.deps.orders.find(ends[11]?.order.id ?? "");
  expect(stored).toMatchObject({ state: "completed", paidAt: day(1).at, deliveredAt: day(4).at });

  // More of the same publications: their stock does not suffice, so what lacks is brought in.
  const more = noRows();
  const lines = { publicationId: rows.publication[0]?.id ?? "", quantity: 50 };
  const past = order(more, "b", [lines]);
  delivered(past);
  past.review(day(5), 0, { conforms: true, rating: 1, text: "" });
  await write(market, more);
  await expectLawful(market, ends.length + 1);
  const page = await market.deps.pages.get(lines.publicationId);
  expect(page).toMatchObject({ rating: { count: 3 } });

  // The same again is refused as a whole.
  await expect(write(market, more)).rejects.toMatchObject({ code: "conflict" });
  await expectLawful(market, ends.length + 1);
});

test("steps that no live order could take are refused", () => {
  const past = order(noRows(), "c", [{ publicationId: "p", quantity: 1 }]);
  expect(() => past.deliver(day(1))).toThrow("is not possible");
  past.pay(day(1));
  expect(() => past.expire(day(2))).toThrow("is not possible");
});

const [SELLER, BUYER] = [
  "0198a000-0000-7000-8000-000000000001",
  "0198a000-0000-7000-8000-000000000002",
];
const CATEGORY = "0198a000-0000-7000-8000-000000000003";

/** Two people, two publications and an order of each past. */
function world(rows: PastRows, name: string): PastOrder[] {
  const newId = idsFrom(name);
  for (const [id, email] of [
    [SELLER, "s@example.com"],
    [BUYER, "b@example.com"],
  ] as const) {
    const user = { id, email, name: email, address: "-", createdAt: day(-9).at };
    pastUser({ ...user, source: "test", externalId: null }, rows);
  }
  const category = { id: CATEGORY, name: "Lamps", nameFolded: "lamps", feeBps: 1000 };
  pastCategory({ ...category, createdAt: day(-9).at, source: "test" }, `user:${SELLER}`, rows);
  const ids = [newId(day(-8).at), newId(day(-8).at)].sort();
  for (const [index, id] of ids.entries()) {
    const document = {
      title: `Lamp ${index}`,
      description: "",
      keywords: "",
      language: "en",
    } as const;
    const offer = {
      id,
      sellerId: SELLER,
      externalId: `x${index}`,
      priceMinor: 1_000,
      currency: "BRL",
    };
    const more = { startingStock: 60, categoryIds: [CATEGORY], createdAt: day(-8).at };
    pastPublication(
      { ...offer, ...more, document: { ...document, images: [] }, source: "test" },
      rows,
      newId,
    );
  }
  return PASTS.map(([, tell], index) => {
    const lines = ids.map((publicationId) => ({ publicationId, quantity: 1 + (index % 3) }));
    const past = order(rows, `${name}${index}`, lines);
    tell(past);
    return past;
  });
}

function order(
  rows: PastRows,
  name: string,
  lines: readonly { publicationId: string; quantity: number }[],
): PastOrder {
  const newId = idsFrom(name);
  const purchaseId = newId(START_MS);
  const placed = day(0);
  rows.purchase.push({
    id: purchaseId,
    buyerId: BUYER,
    key: name,
    requestDigest: "-",
    shipTo: "-",
    currency: "BRL",
    createdAt: placed.at,
    source: "test",
    externalId: name,
  });
  const facts = {
    purchaseId,
    buyerId: BUYER,
    sellerId: SELLER,
    currency: "BRL",
    lines: lines.map((line) => ({
      ...line,
      publicationVersion: 1,
      unitPriceMinor: 999,
      shippingMinor: 150,
      feeBps: 1_000,
      externalId: null,
    })),
    externalId: name,
    sourceStatus: null,
    timeZone: null,
    flags: ["imported"],
    estimatedDeliveryAt: day(10).at,
  };
  return pastOrder(facts, placed, rows, newId);
}

async function write({ deps }: Marketplace, rows: PastRows): Promise<void> {
  const writer = await deps.history.open();
  try {
    await writer.write(rows);
  } finally {
    await writer.close();
  }
}

async function expectLawful(market: Marketplace, orders: number): Promise<void> {
  const relayed = await market.relay();
  expect(relayed.setAside).toEqual([]);
  expect(relayed.position).toBe(await market.deps.events.lastPosition());
  const staff = { userId: SELLER, roles: ["operator" as const], operatorId: null };
  const faults: unknown[] = [];
  const report = await checkLaws(
    {
      actor: staff,
      laws: [],
      stopping: new AbortController().signal,
      onFault: (fault) => faults.push(fault),
      progress: () => undefined,
    },
    market.deps,
  );
  expect(faults).toEqual([]);
  expect(report.laws.find(({ law }) => law === "totals-add-up")?.checked).toBe(orders);
}
