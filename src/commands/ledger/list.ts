import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { LEDGER_ACCOUNTS, LEDGER_KINDS } from "../../domain/ledger.ts";
import { MktError } from "../../errors.ts";
import { type LedgerTotals, listLedger, totalLedger } from "../../operations/list-ledger.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import type { Listed } from "../order/story.ts";
import { examples, limit, time } from "../parse.ts";

type Total = LedgerTotals["items"][number];

const columns: readonly Column<Listed<typeof listLedger>>[] = [
  { key: "at", header: "AT", kind: "time", value: ({ at }) => at },
  { key: "kind", header: "KIND", value: ({ kind }) => kind },
  { key: "account", header: "ACCOUNT", value: ({ account }) => account },
  {
    key: "amountMinor",
    header: "AMOUNT",
    kind: "money",
    value: ({ amountMinor }) => amountMinor,
    currency: ({ currency }) => currency,
  },
  { key: "orderId", header: "ORDER", kind: "id", value: ({ orderId }) => orderId },
  { key: "postingId", header: "POSTING", kind: "id", value: ({ postingId }) => postingId },
  { key: "id", header: "ID", kind: "id", wide: true, value: ({ id }) => id },
  { key: "currency", header: "CURRENCY", wide: true, value: ({ currency }) => currency },
  { key: "sellerId", header: "SELLER", kind: "id", wide: true, value: ({ sellerId }) => sellerId },
  {
    key: "paymentId",
    header: "PAYMENT",
    kind: "id",
    wide: true,
    value: ({ paymentId }) => paymentId,
  },
  { key: "refundId", header: "REFUND", kind: "id", wide: true, value: ({ refundId }) => refundId },
];

const totalColumns: readonly Column<Total>[] = [
  { key: "account", header: "ACCOUNT", value: ({ account }) => account },
  {
    key: "amountMinor",
    header: "SUM",
    kind: "money",
    value: ({ amountMinor }) => amountMinor,
    currency: ({ currency }) => currency,
  },
  { key: "currency", header: "CURRENCY", wide: true, value: ({ currency }) => currency },
];

export function registerLedgerList(ledger: Command, mkt: Context): void {
  withColumns(ledger.command("list"), columns, { "--totals": totalColumns })
    .description(
      "List what the double-entry ledger holds, newest first: all of it for staff, the entries of your own account as a seller. The entries of a posting sum to zero.",
    )
    .option("--order <order>", "only of this order")
    .option("--seller <user>", "only of this seller's orders")
    .option("--payment <payment>", "only of this payment")
    .addOption(new Option("--kind <kind>", "only of this kind").choices(LEDGER_KINDS))
    .addOption(new Option("--account <account>", "only in this account").choices(LEDGER_ACCOUNTS))
    .option("--since <time>", "only from then on", time)
    .option("--until <time>", "only before then", time)
    .option("--totals", "the sum of each account, and of all: zero. For staff")
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText(
      "after",
      examples(
        "mkt ledger list --order 0199c4f8",
        "mkt ledger list --account fee --since 2026-11-01 -o csv",
        "mkt ledger list --totals",
      ),
    )
    .action(async ({ totals, ...options }) => {
      const actor = await mkt.actor("ledger list");
      if (totals) {
        if (options.account !== undefined || options.pageToken !== undefined) {
          throw new MktError("usage", "--totals is of all accounts, and has one page");
        }
        const { account, limit, pageToken, ...query } = options;
        return printTotals(await totalLedger({ actor, ...query }, mkt.deps()), mkt);
      }
      mkt.printList(await listLedger({ actor, ...options }, mkt.deps()), columns);
    });
}

/** For people each currency's total is a row below its accounts. */
function printTotals(ledger: LedgerTotals, mkt: Context): void {
  const rows = ledger.totals.flatMap((total) => [
    ...ledger.items.filter(({ currency }) => currency === total.currency),
    { ...total, account: "total" },
  ]);
  const isTable = mkt.format() === "table" || mkt.format() === "wide";
  mkt.printList(isTable ? { items: rows } : ledger, totalColumns);
}
