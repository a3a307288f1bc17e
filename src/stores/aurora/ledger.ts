import { type Selectable, sql } from "kysely";
import { type Aurora, query } from "./client.ts";
import type { Database } from "./schema.ts";

export type LedgerEntry = Selectable<Database["ledgerEntry"]>;
export type LedgerStore = ReturnType<typeof ledgerStore>;

/** Which entries; without a field all of them. */
export interface LedgerFilter {
  orderId?: string | undefined;
  sellerId?: string | undefined;
  paymentId?: string | undefined;
  kind?: LedgerEntry["kind"] | undefined;
  account?: LedgerEntry["account"] | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** What a seller has and had in one currency, in minor units: owed = captured − fees − refunds − chargebacks. */
export interface Balance {
  currency: string;
  capturedMinor: number;
  /** What the marketplace keeps, less what went back with refunds. */
  feesMinor: number;
  refundsMinor: number;
  chargebacksMinor: number;
  owedMinor: number;
  /** Of completed orders. */
  availableMinor: number;
  /** Of orders that are not over yet. */
  pendingMinor: number;
}

/** The double-entry ledger as it is read; transactions that move money write it. */
export const ledgerStore = (db: Aurora) => ({
  /** Entries, newest first, before an id. */
  list: ({
    limit,
    after,
    ...filter
  }: LedgerFilter & { limit: number; after?: string | undefined }): Promise<LedgerEntry[]> =>
    query(() => {
      const rows = filtered(db, filter).selectAll("ledgerEntry").orderBy("id", "desc").limit(limit);
      return (after ? rows.where("id", "<", after) : rows).execute();
    }),

  /** What stands in each account, by currency. */
  totals: (
    filter: LedgerFilter,
  ): Promise<{ currency: string; account: LedgerEntry["account"]; amountMinor: number }[]> =>
    query(() =>
      filtered(db, filter)
        .select(["currency", "account"])
        .select((eb) => eb.cast<number>(eb.fn.sum("amountMinor"), "bigint").as("amountMinor"))
        .groupBy(["currency", "account"])
        .orderBy("currency")
        .orderBy("account")
        .execute(),
    ),

  /** What is owed to a seller, by currency. */
  balance: (sellerId: string): Promise<Balance[]> =>
    query(async () => {
      const { rows } = await sql<Balance>`
        with entry as (
          select l.currency, l.kind, l.account, l.amount_minor as minor, o.state
          from ledger_entry l join "order" o on o.id = l.order_id
          where l.seller_id = ${sellerId}),
        sums as (
          select currency,
            sum(minor) filter (where kind = 'captured' and account = 'cash') as captured,
            -sum(minor) filter (where account = 'fee') as fees,
            sum(minor) filter (where kind = 'refund_requested' and account in ('seller', 'fee')) as refunds,
            sum(minor) filter (where kind = 'chargeback_settled' and account in ('seller', 'fee')) as chargebacks,
            -sum(minor) filter (where account = 'seller') as owed,
            -sum(minor) filter (where account = 'seller' and state = 'completed') as available,
            -sum(minor) filter (where account = 'seller' and state <> 'completed') as pending
          from entry group by currency)
        select currency,
          coalesce(captured, 0)::bigint as captured_minor,
          coalesce(fees, 0)::bigint as fees_minor,
          coalesce(refunds, 0)::bigint as refunds_minor,
          coalesce(chargebacks, 0)::bigint as chargebacks_minor,
          coalesce(owed, 0)::bigint as owed_minor,
          coalesce(available, 0)::bigint as available_minor,
          coalesce(pending, 0)::bigint as pending_minor
        from sums order by currency`.execute(db);
      return rows;
    }),
});

function filtered(db: Aurora, filter: LedgerFilter) {
  const { orderId, sellerId, paymentId, kind, account, since, until } = filter;
  let rows = db.selectFrom("ledgerEntry");
  if (orderId) rows = rows.where("orderId", "=", orderId);
  if (sellerId) rows = rows.where("sellerId", "=", sellerId);
  if (paymentId) rows = rows.where("paymentId", "=", paymentId);
  if (kind) rows = rows.where("kind", "=", kind);
  if (account) rows = rows.where("account", "=", account);
  if (since) rows = rows.where("at", ">=", since);
  if (until) rows = rows.where("at", "<", until);
  return rows;
}
