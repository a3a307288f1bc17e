import type { Deps } from "../deps.ts";

const BATCH = 100;

/** Lets reservations expire whose time is over and that no open payment holds; gives their order ids. */
export async function expireReservations({
  orders,
  now,
}: Pick<Deps, "orders" | "now">): Promise<string[]> {
  const at = now();
  const expired: string[] = [];
  for (const id of await orders.expirable(at, BATCH)) {
    if (await orders.expire(id, at)) expired.push(id);
  }
  return expired;
}
