import pg from "pg";
import type { TestContext } from "vitest";
import type { Deps } from "../../src/deps.ts";
import type { Actor } from "../../src/domain/actor.ts";
import { newId } from "../../src/domain/ids.ts";
import { buy } from "../../src/operations/buy.ts";
import { type Marketplace, testMarketplace } from "../../src/testing/marketplace.ts";
import { DAY_MS } from "../../src/testing/one-sale.ts";

/** A marketplace with one lamp for sale, in which neither provider does anything by itself but settle refunds. */
export interface Shop {
  market: Marketplace;
  deps: Deps;
  seller: Actor;
  buyer: Actor;
  staff: Actor;
  lampId: string;
  /** Aurora as who may change everything, without triggers. */
  admin: pg.Client;
}

const NEVER_MS = 1_000 * DAY_MS;

export async function openShop(t: TestContext): Promise<Shop> {
  const market = await testMarketplace(t, { times: { pickupMs: NEVER_MS, deliveryMs: NEVER_MS } });
  const [seller, buyer, staff] = [
    await market.user("ana"),
    await market.user("carla"),
    await market.user("olga", "operator"),
  ];
  const { id: lampId } = await market.publication(seller, { stock: 100_000 });
  const { host, port, adminRole: user, password, database } = market.config.profile.aurora;
  const admin = new pg.Client({ host, port, user, password, database });
  await admin.connect();
  t.onTestFinished(() => admin.end());
  await admin.query("set session_replication_role = replica");
  return { market, deps: market.deps, seller, buyer, staff, lampId, admin };
}

/** Reserves a lamp; the same key is the same order. */
export async function reserve({ deps, buyer, lampId }: Shop, key = newId()): Promise<string> {
  const wanted = [{ publication: lampId, quantity: 1 }];
  const { orders } = await buy({ actor: buyer, key, wanted, shipTo: null }, deps);
  return orders[0]?.id ?? "";
}
