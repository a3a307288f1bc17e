import type { TestContext } from "vitest";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { MktError } from "../errors.ts";
import { buy } from "../operations/buy.ts";
import { type Marketplace, testMarketplace } from "./marketplace.ts";

/** One reserved order of two of four lamps; neither provider does anything by itself but settle payments. */
export interface OneSale {
  market: Marketplace;
  deps: Deps;
  seller: Actor;
  buyer: Actor;
  staff: Actor;
  publicationId: string;
  orderId: string;
  /** Puts the clocks of the marketplace and of both simulators forward. */
  advance(milliseconds: number): Promise<void>;
}

export const DAY_MS = 86_400_000;

export async function oneSale(t: TestContext, { settleMs = 5 } = {}): Promise<OneSale> {
  let ahead = 0;
  const market = await testMarketplace(t, {
    now: () => new Date(Date.now() + ahead).toISOString(),
    times: { settleMs, pickupMs: 30 * DAY_MS, deliveryMs: 30 * DAY_MS },
  });
  const { deps } = market;
  const [seller, buyer, staff] = [
    await market.user("ana"),
    await market.user("carla"),
    await market.user("olga", "support"),
  ];
  const { id: publicationId } = await market.publication(seller, { stock: 4 });
  const wanted = [{ publication: publicationId, quantity: 2 }];
  const { orders } = await buy({ actor: buyer, key: newId(), wanted, shipTo: null }, deps);
  const advance = async (milliseconds: number) => {
    ahead += milliseconds;
    await deps.simulators.setClock(ahead);
  };
  const orderId = orders[0]?.id ?? "";
  return { market, deps, seller, buyer, staff, publicationId, orderId, advance };
}

/** The same provider, but for some calls that go wrong, or that something overtakes. */
export function but<T extends object>(provider: T, calls: Partial<T>): T {
  return new Proxy(provider, {
    get: (target, name) => Reflect.get(calls, name) ?? Reflect.get(target, name),
  });
}

/** Does what it is given, if anything, and then does not answer. */
export function silently<V extends unknown[]>(
  call?: (...values: V) => Promise<unknown>,
): (...values: V) => Promise<never> {
  return async (...values) => {
    await call?.(...values);
    throw new MktError("unavailable", "nobody answers");
  };
}
