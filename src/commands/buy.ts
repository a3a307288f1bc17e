import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { formatMinor } from "../domain/money.ts";
import type { Purchase } from "../domain/order.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { buy, planPurchase } from "../operations/buy.ts";
import { planUndoPurchase, undoPurchase } from "../operations/undo-purchase.ts";
import { examples, wanted } from "./parse.ts";
import { withRows } from "./with-rows.ts";

interface Row {
  publications: readonly string[];
  key?: string;
  shipTo?: string;
  region?: string;
}

const request = ({ publications, key, shipTo, region }: Row, ownKey: string) => {
  const where = { shipTo: shipTo ?? null, region: region ?? null };
  return { key: key ?? ownKey, wanted: publications.map(wanted), ...where };
};

const ordersOf = ({ orders }: Readonly<Record<string, unknown>>) =>
  (orders as string[]).map(String);

const bulk: BulkCommand<Row, Purchase> = {
  name: "buy",
  plan: async (row, { actor }, deps) => {
    const wanted = { actor, ...request(row, "a dry run") };
    const { purchase, already } = await planPurchase(wanted, deps);
    const { id, orders, currency } = purchase;
    const totalMinor = orders.reduce((sum, order) => sum + order.totalMinor, 0);
    const total = formatMinor(totalMinor, currency);
    const to = stateOf(purchase);
    return {
      subjectKind: "purchase",
      subjectId: already ? id : null,
      from: already ? to : null,
      to,
      summary: already
        ? `nothing: its key made purchase ${id} before`
        : `buys for ${total} in ${orders.length} ${orders.length === 1 ? "order" : "orders"}`,
    };
  },
  apply: async (row, { actor, key }, deps) => {
    const begunAt = deps.now();
    const purchase = await buy({ actor, ...request(row, key) }, deps);
    const already = purchase.createdAt < begunAt;
    const undo = { orders: purchase.orders.map(({ id }) => id) };
    return {
      subjectKind: "purchase",
      subjectId: purchase.id,
      state: stateOf(purchase),
      value: purchase,
      already,
      undo,
    };
  },
  undo: {
    plan: (undo, { actor }, deps) => planUndoPurchase({ actor, orders: ordersOf(undo) }, deps),
    apply: (undo, { actor }, deps) => undoPurchase({ actor, orders: ordersOf(undo) }, deps),
  },
};

export function registerBuy(program: Command, mkt: Context): void {
  const command = program
    .command("buy")
    .summary("buy publications")
    .description(
      "Take the stock and make one order a seller; pay comes after. The same --key is the same purchase.",
    )
    .argument("<publications...>", "PUBLICATION[:QUANTITY]")
    .option("--key <key>", "idempotency key (default: a new one, printed on stderr)")
    .option("--ship-to <address>", "where to (default: the buyer's address)")
    .option("--region <region>", "its state or province (default: the buyer's, with their address)")
    .addHelpText(
      "after",
      examples(
        "mkt buy 0199c4e2:2 --as beto@example.com",
        'mkt buy 0199c4e2 0199c4e9:3 --key cart-77 --ship-to "Mitre 55, Rosario" --region "Santa Fe"',
        "mkt buy --from carts.csv --dry-run",
      ),
    );
  withRows(command, bulk, mkt, human, {
    notice: ({ key }, made) =>
      key === undefined
        ? `key ${made}: repeat the purchase with --key, should the answer get lost`
        : undefined,
  });
}

function stateOf({ orders }: Purchase): string {
  return [...new Set(orders.map(({ state }) => state))].join(", ");
}

function human({ id, orders }: Purchase): string {
  const lines = orders.map(({ id: orderId, state, totalMinor, currency }) => {
    return `  order ${orderId} ${state} ${formatMinor(totalMinor, currency)}`;
  });
  return [`Bought (purchase ${id})`, ...lines].join("\n");
}
