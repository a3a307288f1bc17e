import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { balance } from "../operations/balance.ts";
import type { Column } from "../output/table.ts";
import { withColumns } from "./columns.ts";
import type { Listed } from "./order/story.ts";
import { examples } from "./parse.ts";

type Row = Listed<typeof balance>;

const money = (header: string, key: keyof Row & `${string}Minor`): Column<Row> => ({
  key,
  header,
  kind: "money",
  value: (row) => row[key],
  currency: ({ currency }) => currency,
});

const columns: readonly Column<Row>[] = [
  money("OWED", "owedMinor"),
  money("AVAILABLE", "availableMinor"),
  money("PENDING", "pendingMinor"),
  money("CAPTURED", "capturedMinor"),
  money("FEES", "feesMinor"),
  money("REFUNDS", "refundsMinor"),
  money("CHARGEBACKS", "chargebacksMinor"),
  { key: "currency", header: "CURRENCY", wide: true, value: ({ currency }) => currency },
];

export function registerBalance(program: Command, mkt: Context): void {
  withColumns(program.command("balance"), columns)
    .summary("show what is owed to a seller")
    .description(
      "Show what is owed to you as a seller, or for staff to anybody: what was captured less fees, refunds and chargebacks; available once an order is complete.",
    )
    .argument("[seller]", "e-mail, or the beginning of an id (default: you)")
    .addHelpText("after", examples("mkt balance", "mkt balance ana@example.com --json"))
    .action(async (seller) => {
      const actor = await mkt.actor("balance");
      mkt.printList(await balance({ actor, seller }, mkt.deps()), columns);
    });
}
