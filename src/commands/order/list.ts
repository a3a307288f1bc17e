import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { statesOf } from "../../domain/transitions.ts";
import { listOrders } from "../../operations/list-sales.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples, limit, time } from "../parse.ts";
import type { Listed } from "./story.ts";

const columns: readonly Column<Listed<typeof listOrders>>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  {
    key: "totalMinor",
    header: "TOTAL",
    kind: "money",
    value: ({ totalMinor }) => totalMinor,
    currency: ({ currency }) => currency,
  },
  { key: "currency", header: "CURRENCY", wide: true, value: ({ currency }) => currency },
  { key: "lines", header: "LINES", kind: "number", value: ({ lines }) => lines.length },
  { key: "createdAt", header: "PLACED", kind: "time", value: ({ createdAt }) => createdAt },
  { key: "flags", header: "FLAGS", value: ({ flags }) => flags.join(" ") },
  { key: "buyerId", header: "BUYER", kind: "id", wide: true, value: ({ buyerId }) => buyerId },
  { key: "sellerId", header: "SELLER", kind: "id", wide: true, value: ({ sellerId }) => sellerId },
  {
    key: "purchaseId",
    header: "PURCHASE",
    kind: "id",
    wide: true,
    value: ({ purchaseId }) => purchaseId,
  },
];

export function registerOrderList(order: Command, mkt: Context): void {
  withColumns(order.command("list"), columns)
    .description("List orders, newest first: yours, or all of them for staff.")
    .addOption(new Option("--state <state>", "only in this state").choices(statesOf("order")))
    .option("--buyer <user>", "only this buyer's")
    .option("--seller <user>", "only this seller's")
    .option("--purchase <purchase>", "only of this purchase")
    .option("--flag <flag>", "only with this flag")
    .option("--since <time>", "placed at this day or time, or later", time)
    .option("--until <time>", "placed before this day or time", time)
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText(
      "after",
      examples(
        "mkt order list --state paid --seller ana@example.com",
        "mkt order list --since 2026-11-01 -o csv",
      ),
    )
    .action(async (options) => {
      const actor = await mkt.actor("order list");
      mkt.printList(await listOrders({ actor, ...options }, mkt.deps()), columns);
    });
}
