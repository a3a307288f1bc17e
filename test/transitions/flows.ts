import { expect, vi } from "vitest";
import { hasCode } from "../../src/errors.ts";
import { answer, ask, deleteQuestion } from "../../src/operations/ask.ts";
import { cancelOrder } from "../../src/operations/cancel-order.ts";
import { capturePayment } from "../../src/operations/capture-payment.ts";
import { changePublicationState } from "../../src/operations/change-publication.ts";
import { confirmPayment } from "../../src/operations/confirm-payment.ts";
import { openDispute } from "../../src/operations/open-dispute.ts";
import { pay } from "../../src/operations/pay.ts";
import { refundPayment } from "../../src/operations/refund-payment.ts";
import { resolveDispute } from "../../src/operations/resolve-dispute.ts";
import { review } from "../../src/operations/review.ts";
import { settlePayment, settleRefunds } from "../../src/operations/settle-payment.ts";
import { settleShipment } from "../../src/operations/settle-shipment.ts";
import { ship } from "../../src/operations/ship.ts";
import type { SimulatorControl } from "../../src/providers/simulator/control.ts";
import { but, silently } from "../../src/testing/one-sale.ts";
import { reserve, type Shop } from "./shop.ts";

type Step = (order: string, shop: Shop) => Promise<unknown>;

const reason = "changed my mind";
/** When every timer is long due. */
const FAR = "2999-01-01T00:00:00.000Z";

async function paymentOf(order: string, { deps }: Shop) {
  const id = (await deps.payments.ofOrder(order)).at(-1)?.id ?? "";
  const told = await deps.paymentProvider.findByKey(id);
  return { id, providerId: told?.id ?? "none" };
}

async function shipmentOf(order: string, { deps }: Shop) {
  const shipment = (await deps.shipments.ofOrder(order)).at(-1);
  return { id: shipment?.id ?? "", providerId: shipment?.providerId ?? "none" };
}

/** Waits until the provider has decided the refunds of an order; nothing else is heard meanwhile. */
async function refunded(order: string, shop: Shop): Promise<void> {
  const { id } = await paymentOf(order, shop);
  const decided = async () => expect(await settleRefunds(id, shop.deps)).toBe(0);
  await vi.waitFor(decided, { timeout: 10_000, interval: 5 });
}

/** The buyer pays by a card whose second step nobody has passed yet. */
const start =
  (authorize: boolean): Step =>
  (order, { deps, buyer }) =>
    pay({ actor: buyer, target: order, card: "tok_second_step", waitMs: 0, authorize }, deps);

/** The buyer pays, and nobody answers; whether the provider took it is another question. */
const startUnheard =
  ({ arrives, authorize = false }: { arrives: boolean; authorize?: boolean }): Step =>
  async (order, shop) => {
    const { createPayment } = shop.deps.paymentProvider;
    const paymentProvider = but(shop.deps.paymentProvider, {
      createPayment: arrives ? silently(createPayment) : silently(),
      findByKey: silently(),
    });
    const deps = { ...shop.deps, paymentProvider };
    await start(authorize)(order, { ...shop, deps }).catch((error: unknown) => {
      if (!hasCode(error, "unavailable")) throw error;
    });
  };

type Bank =
  | "approvePayment"
  | "rejectPayment"
  | "mediatePayment"
  | "chargeBackPayment"
  | "winChargeback";

const bank =
  (verb: Bank): Step =>
  async (order, shop) => {
    const { id, providerId } = await paymentOf(order, shop);
    await shop.deps.simulators[verb](providerId);
    await settlePayment(id, shop.deps);
  };

const provider =
  (verb: "confirmPayment" | "cancelPayment"): Step =>
  async (order, shop) => {
    const { id, providerId } = await paymentOf(order, shop);
    await shop.deps.paymentProvider[verb](providerId, `${id}-${verb}`);
    await settlePayment(id, shop.deps);
  };

type Carrier = Extract<
  keyof SimulatorControl,
  "scanShipment" | "deliverShipment" | "failDelivery" | "loseShipment" | "returnShipment"
>;

const carrier =
  (verb: Carrier): Step =>
  async (order, shop) => {
    const { id, providerId } = await shipmentOf(order, shop);
    await shop.deps.simulators[verb](providerId);
    await settleShipment(id, shop.deps);
  };

/** Staff grant a refund; the provider has not decided it yet, or has not even heard of it. */
const startRefund =
  ({ amount, arrives = true }: { amount?: string | undefined; arrives?: boolean } = {}): Step =>
  async (order, shop) => {
    const { id } = await paymentOf(order, shop);
    const paymentProvider = but(
      shop.deps.paymentProvider,
      arrives ? {} : { createRefund: silently() },
    );
    const deps = { ...shop.deps, paymentProvider };
    await refundPayment({ actor: shop.staff, payment: id, amount, reason }, deps);
  };

const giveBack =
  (amount?: string): Step =>
  async (order, shop) => {
    await startRefund({ amount })(order, shop);
    await refunded(order, shop);
  };

const resolve =
  (how: { dismiss: true } | { refund: { amount?: string } }): Step =>
  (order, { deps, staff }) =>
    resolveDispute({ actor: staff, order, note: reason, ...how }, deps);

const after =
  (days: number): Step =>
  (_, { market }) =>
    market.advance({ days });

/** What can be done to an order, by name. */
const STEPS = {
  "start paying": start(false),
  "start authorizing": start(true),
  "pay unheard": startUnheard({ arrives: true }),
  "authorize unheard": startUnheard({ arrives: true, authorize: true }),
  "pay in vain": startUnheard({ arrives: false }),
  "pay with a bad token": async (order, { deps, buyer }) => {
    const paying = pay({ actor: buyer, target: order, card: "no card", waitMs: 0 }, deps);
    await paying.catch((error: unknown) => {
      if (!hasCode(error, "declined")) throw error;
    });
  },
  "pay, to be refunded twice": (order, { deps, buyer }) =>
    pay({ actor: buyer, target: order, card: "tok_refund_fails_once", waitMs: 5_000 }, deps),
  "pay, never to be refunded": (order, { deps, buyer }) =>
    pay({ actor: buyer, target: order, card: "tok_refund_fails", waitMs: 5_000 }, deps),
  confirm: async (order, shop) => {
    const { id } = await paymentOf(order, shop);
    await confirmPayment({ actor: shop.buyer, payment: id, waitMs: 0 }, shop.deps);
  },
  capture: async (order, shop) => {
    const { id } = await paymentOf(order, shop);
    await capturePayment({ actor: shop.seller, payment: id }, shop.deps);
  },
  "the provider confirms": provider("confirmPayment"),
  "the provider cancels": provider("cancelPayment"),
  "the bank approves": bank("approvePayment"),
  "the bank rejects": bank("rejectPayment"),
  "the bank mediates": bank("mediatePayment"),
  "the bank takes back": bank("chargeBackPayment"),
  "the bank gives back": bank("winChargeback"),
  "refund a part": giveBack("1.00"),
  refund: giveBack(),
  "wait for the refund": refunded,
  "refund a part, undecided": startRefund({ amount: "1.00" }),
  "refund, undecided": startRefund(),
  "refund unheard": startRefund({ arrives: false }),

  cancel: (order, { deps, buyer }) => cancelOrder({ actor: buyer, order, reason }, deps),
  ship: (order, { deps, seller }) => ship({ actor: seller, order }, deps),
  "ship unheard": async (order, { deps, seller }) => {
    const shippingProvider = but(deps.shippingProvider, { createShipment: silently() });
    const shipping = ship({ actor: seller, order }, { ...deps, shippingProvider });
    await shipping.catch((error: unknown) => {
      if (!hasCode(error, "unavailable")) throw error;
    });
  },
  "hand over": (order, { deps, seller }) => ship({ actor: seller, order, handedOver: true }, deps),
  "the carrier scans": carrier("scanShipment"),
  "the carrier delivers": carrier("deliverShipment"),
  "the carrier fails": carrier("failDelivery"),
  "the carrier loses it": carrier("loseShipment"),
  "the carrier returns it": carrier("returnShipment"),
  // The order follows every step of its parcel, so that only one whose hand-over was never written down, by
  // an older version or an import, can be delivered before it was shipped.
  "forget the hand-over": (order, { admin }) =>
    admin.query(`update "order" set state = 'paid', shipped_at = null where id = $1`, [order]),
  review: (order, { deps, buyer }) =>
    review({ actor: buyer, order, lineNumber: 1, conforms: true, rating: 5, text: "" }, deps),
  dispute: (order, { deps, buyer }) =>
    openDispute({ actor: buyer, order, reason: "not_received", note: reason }, deps),
  dismiss: resolve({ dismiss: true }),
  "settle for a part": resolve({ refund: { amount: "1.00" } }),
  "settle for all": resolve({ refund: {} }),

  "its reservation ends": (order, { deps }) => deps.orderTimers.expire(order, FAR),
  "nobody disputes it": (order, { deps }) => deps.orderTimers.complete(order, FAR),
  "a month passes": (order, { admin }) =>
    admin.query(
      `update "order" set delivered_at = delivered_at - interval '31 days' where id = $1`,
      [order],
    ),
  "a day": after(1),
  "8 days": after(8),
  "15 days": after(15),
  "40 days": after(40),
} satisfies Record<string, Step>;

export type StepName = keyof typeof STEPS;

export const PAY: readonly StepName[] = ["start paying", "confirm"];
export const SHIP: readonly StepName[] = [...PAY, "ship", "the carrier scans"];
export const DELIVER: readonly StepName[] = [...SHIP, "the carrier delivers"];
export const MEDIATE: readonly StepName[] = [...DELIVER, "the bank mediates"];
export const FAIL: readonly StepName[] = [...SHIP, "the carrier fails"];

/** What became of orders, each from when it was placed; together they take every step there is. */
const ORDER_FLOWS: readonly (readonly StepName[])[] = [
  ["a day"],
  ["cancel"],
  [...PAY, "cancel", "wait for the refund"],
  [...PAY, "ship unheard", "cancel"],
  [...PAY, "ship", "cancel"],
  [...PAY, "8 days"],

  ["start paying", "cancel"],
  ["start paying", "the bank rejects", "the bank approves"],
  ["start paying", "the provider cancels", "the bank approves"],
  ["start authorizing", "confirm", "capture"],
  ["start authorizing", "confirm", "cancel"],
  ["pay unheard", "the bank approves"],
  ["authorize unheard", "the provider confirms"],
  ["pay with a bad token"],
  ["pay in vain", "a day"],

  [...PAY, "ship", "hand over", "the carrier delivers", "review"],
  [...SHIP, "forget the hand-over", "the carrier delivers"],
  [...FAIL, "ship", "the carrier delivers", "15 days"],
  [...FAIL, "the carrier delivers", "refund"],
  [...FAIL, "the carrier returns it", "ship", "hand over"],
  [...SHIP, "the carrier loses it", "refund"],
  [...SHIP, "40 days"],

  [...SHIP, "dispute", "settle for all"],
  [...FAIL, "dispute", "settle for a part"],
  [...DELIVER, "dispute", "dismiss", "dispute", "dismiss", "refund"],

  [...DELIVER, "refund a part", "refund a part", "refund"],
  [...DELIVER, "refund a part", "the bank mediates", "refund a part"],
  [...DELIVER, "refund a part", "the bank takes back", "the bank gives back"],
  [...MEDIATE, "the bank approves", "the bank takes back"],
  [...MEDIATE, "the bank takes back"],
  [...MEDIATE, "refund"],
  ["pay, to be refunded twice", "cancel", "wait for the refund", "cancel", "wait for the refund"],
];

/** Does all this to an order, in turn. */
export async function play(flow: readonly StepName[], order: string, shop: Shop): Promise<void> {
  for (const name of flow) {
    try {
      await STEPS[name](order, shop);
    } catch (error) {
      throw new Error(`${flow.join(", ")}: ${name}`, { cause: error });
    }
  }
}

/** Buys, pays, ships and quarrels until every transition of orders and what belongs to them has occurred. */
export async function walkOrders(shop: Shop): Promise<void> {
  for (const flow of ORDER_FLOWS) await play(flow, await reserve(shop), shop);
}

/** Takes publications and their questions through all their states. */
export async function walkPublications({ market, deps, seller, buyer }: Shop): Promise<void> {
  for (const events of [
    ["pause", "resume", "close"],
    ["pause", "close"],
  ] as const) {
    const { id: publication } = await market.publication(seller);
    const asked = async () => {
      const { id } = await ask({ actor: buyer, publication, text: "How tall?" }, deps);
      return id;
    };
    await answer({ actor: seller, question: await asked(), answer: "40 cm" }, deps);
    await deleteQuestion({ actor: buyer, question: await asked() }, deps);
    await asked();
    for (const event of events)
      await changePublicationState({ actor: seller, publication, event }, deps);
  }
  await market.relay();
  await market.relay();
}
