import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { ORDER_READERS } from "../domain/order.ts";
import type { Balance } from "../stores/aurora/ledger.ts";
import { resolveUser } from "./resolve-user.ts";

/** What is owed to a seller, by currency, in minor units: to oneself, or to anybody for staff. */
export async function balance(
  { actor, seller: text }: { actor: Actor; seller?: string | undefined },
  deps: Pick<Deps, "ledger" | "users" | "lookup">,
): Promise<{ sellerId: string; items: Balance[] }> {
  const sellerId = text === undefined ? actor.userId : (await resolveUser(text, deps)).id;
  requireOneOf(actor, [sellerId], `the balance of ${text}`, ...ORDER_READERS);
  return { sellerId, items: await deps.ledger.balance(sellerId) };
}
