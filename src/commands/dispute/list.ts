import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { statesOf } from "../../domain/transitions.ts";
import { listDisputes } from "../../operations/list-disputes.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import type { Listed } from "../order/story.ts";
import { examples, limit } from "../parse.ts";

const columns: readonly Column<Listed<typeof listDisputes>>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "orderId", header: "ORDER", kind: "id", value: ({ orderId }) => orderId },
  { key: "lineNumber", header: "LINE", value: ({ lineNumber }) => lineNumber },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  { key: "reason", header: "REASON", value: ({ reason }) => reason.replaceAll("_", " ") },
  {
    key: "refundedMinor",
    header: "REFUNDED",
    kind: "money",
    value: ({ refundedMinor }) => refundedMinor,
    currency: ({ currency }) => currency,
  },
  { key: "openedBy", header: "OPENED BY", wide: true, value: ({ openedBy }) => openedBy },
  { key: "resolvedBy", header: "RESOLVED BY", wide: true, value: ({ resolvedBy }) => resolvedBy },
  { key: "createdAt", header: "AT", kind: "time", value: ({ createdAt }) => createdAt },
];

export function registerDisputeList(dispute: Command, mkt: Context): void {
  withColumns(dispute.command("list"), columns)
    .description("List disputes, newest first: yours, or all of them for staff.")
    .addOption(new Option("--state <state>", "only in this state").choices(statesOf("dispute")))
    .option("--order <order>", "only of this order")
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText("after", examples("mkt dispute list --state open"))
    .action(async (options) => {
      const actor = await mkt.actor("dispute list");
      mkt.printList(await listDisputes({ actor, ...options }, mkt.deps()), columns);
    });
}
