import type { Deps } from "../deps.ts";
import { type Actor, isStaff, requireStaff } from "../domain/actor.ts";
import { ORDER_READERS } from "../domain/order.ts";
import type { LedgerEntry, LedgerFilter } from "../stores/aurora/ledger.ts";
import { afterId, type Listing, pageOf } from "./manage-users.ts";
import { resolveUser } from "./resolve-user.ts";

export interface LedgerQuery {
  actor: Actor;
  /** Orders, payments and sellers by the beginning of an id; sellers by e-mail too. */
  order?: string | undefined;
  seller?: string | undefined;
  payment?: string | undefined;
  kind?: LedgerEntry["kind"] | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** What the accounts come to. */
export interface LedgerTotals {
  items: { currency: string; account: string; amountMinor: number }[];
  /** By currency, over all accounts: zero, or the books are wrong. */
  totals: { currency: string; amountMinor: number }[];
}

type LedgerDeps = Pick<Deps, "ledger" | "lookup" | "users">;

/**
 * Entries of the ledger, newest first; those with one `postingId` sum to zero. Staff see all of them,
 * others what was written to their own account as sellers. The page token is the last id.
 */
export async function listLedger(
  {
    actor,
    limit,
    pageToken,
    account,
    ...query
  }: LedgerQuery & {
    limit: number;
    pageToken?: string | undefined;
    account?: LedgerEntry["account"] | undefined;
  },
  deps: LedgerDeps,
): Promise<Listing<LedgerEntry>> {
  const filter = await filterOf(query, deps);
  const own = isStaff(actor, ...ORDER_READERS)
    ? { account }
    : { account: "seller" as const, sellerId: actor.userId };
  const page = { limit: limit + 1, after: afterId(pageToken) };
  return pageOf(await deps.ledger.list({ ...filter, ...own, ...page }), limit);
}

/** The sum of each account and of all of them, by currency. For staff. */
export async function totalLedger(
  { actor, ...query }: LedgerQuery,
  deps: LedgerDeps,
): Promise<LedgerTotals> {
  requireStaff(actor, ...ORDER_READERS);
  const items = await deps.ledger.totals(await filterOf(query, deps));
  const totals = new Map<string, number>();
  for (const { currency, amountMinor } of items)
    totals.set(currency, (totals.get(currency) ?? 0) + amountMinor);
  return {
    items,
    totals: [...totals].map(([currency, amountMinor]) => ({ currency, amountMinor })),
  };
}

async function filterOf(
  { order, seller, payment, kind, since, until }: Omit<LedgerQuery, "actor">,
  deps: LedgerDeps,
): Promise<LedgerFilter> {
  return {
    kind,
    since,
    until,
    orderId: order && (await deps.lookup.resolve("order", order)),
    paymentId: payment && (await deps.lookup.resolve("payment", payment)),
    sellerId: seller && (await resolveUser(seller, deps)).id,
  };
}
