import { expect, type TestContext } from "vitest";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { buy } from "../operations/buy.ts";
import { pay } from "../operations/pay.ts";
import { settlePayment, settleRefunds } from "../operations/settle-payment.ts";
import { settleShipment } from "../operations/settle-shipment.ts";
import { ship } from "../operations/ship.ts";
import { type Marketplace, testMarketplace } from "./marketplace.ts";

/** A paid order of a test's own, in which nothing happens by itself. */
export interface TestSale {
  market: Marketplace;
  deps: Deps;
  seller: Actor;
  buyer: Actor;
  staff: Actor;
  orderId: string;
  paymentId: string;
  publicationIds: string[];
  /** Puts the marketplace's time forward; what is due at the simulators by then has not happened. */
  later(days: number): void;
  /** Lets its parcel come so far. */
  bring(to: "label" | "shipped" | "not_delivered" | "lost" | "delivered"): Promise<void>;
  /** Lets the bank act, and hears of it. */
  bank(act: "chargeBackPayment" | "winChargeback" | "loseChargeback"): Promise<void>;
  /** Waits until the provider has decided its refunds; gives their states. */
  refunds(): Promise<string[]>;
  state(): Promise<string | undefined>;
  /** What stands in each account, zeros left out. Fails when they do not sum to zero. */
  accounts(): Promise<Record<string, number>>;
  /** What is owed to the seller. */
  owed(): Promise<number | undefined>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const PAY_WAIT_MS = 5_000;
/** Nothing that the simulated carrier does by itself happens within a test. */
const NEVER_MS = 3_600_000;
const ACTS = {
  shipped: "scanShipment",
  not_delivered: "failDelivery",
  lost: "loseShipment",
  delivered: "deliverShipment",
} as const;

/** Sells these publications at these prices in one order, and has it paid. */
export async function testSale(
  t: TestContext,
  { prices = [10_000], card = "tok_approved" }: { prices?: number[]; card?: string } = {},
): Promise<TestSale> {
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead).toISOString();
  const times = { pickupMs: NEVER_MS, deliveryMs: NEVER_MS };
  const market = await testMarketplace(t, { now, times });
  const { deps } = market;
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const staff = await market.user("sol", "support");
  const publicationIds: string[] = [];
  for (const priceMinor of prices)
    publicationIds.push((await market.publication(seller, { priceMinor })).id);
  const wanted = publicationIds.map((publication) => ({ publication, quantity: 1 }));
  const purchase = await buy({ actor: buyer, key: newId(), wanted, shipTo: null }, deps);
  const orderId = purchase.orders[0]?.id ?? "";
  await pay({ actor: buyer, target: orderId, card, waitMs: PAY_WAIT_MS }, deps);
  const [payment] = await deps.payments.ofOrder(orderId);
  const [paymentId, providerId] = [payment?.id ?? "", payment?.providerId ?? ""];

  const refundStates = async () =>
    (await deps.payments.refundsOf([paymentId])).map((refund) => refund.state);
  return {
    market,
    deps,
    seller,
    buyer,
    staff,
    orderId,
    paymentId,
    publicationIds,
    later: (days) => {
      ahead += days * DAY_MS;
    },
    bring: async (to) => {
      const shipment = await ship({ actor: seller, order: orderId }, deps);
      if (to === "label") return;
      await deps.simulators[ACTS[to]](shipment.providerId ?? "");
      await settleShipment(shipment.id, deps);
    },
    bank: async (act) => {
      await deps.simulators[act](providerId);
      await settlePayment(paymentId, deps);
    },
    refunds: async () => {
      await market.until(async () => {
        await settleRefunds(paymentId, deps);
        return !(await refundStates()).some((state) => ["requested", "pending"].includes(state));
      });
      return refundStates();
    },
    state: async () => (await deps.orders.find(orderId))?.state,
    accounts: async () => {
      const totals = await deps.ledger.totals({ orderId });
      expect(totals.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(0);
      const standing = totals.filter(({ amountMinor }) => amountMinor !== 0);
      return Object.fromEntries(standing.map(({ account, amountMinor }) => [account, amountMinor]));
    },
    owed: async () => (await deps.ledger.balance(seller.userId))[0]?.owedMinor,
  };
}
