import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import { openDispute } from "../../operations/open-dispute.ts";
import { examples, positiveInteger } from "../parse.ts";

export function registerDisputeOpen(dispute: Command, mkt: Context): void {
  dispute
    .command("open")
    .description(
      "Say that an order did not come, or is not what was bought: for its buyer, or staff for them. Support decides then.",
    )
    .argument("<order>", "id, or the beginning of one")
    .option("--not-received", "it never came")
    .option("--not-as-described", "it came, and is not what was bought")
    .option("--line <n>", "only this line of the order", positiveInteger)
    .requiredOption("--note <text>", "what is wrong, in words")
    .addHelpText(
      "after",
      examples(
        'mkt dispute open 0199c4f8 --not-received --note "Nobody has seen the parcel"',
        'mkt dispute open 0199c4f8 --not-as-described --line 2 --note "Pine, not oak"',
      ),
    )
    .action(async (order, { notReceived, notAsDescribed, line: lineNumber, note }) => {
      if ((notReceived === true) === (notAsDescribed === true)) {
        throw new MktError("usage", "say either --not-received or --not-as-described");
      }
      const actor = await mkt.actor("dispute open");
      const reason = notReceived ? "not_received" : "not_as_described";
      const opened = await openDispute({ actor, order, reason, lineNumber, note }, mkt.deps());
      mkt.print(opened, ({ id, orderId }) => `Opened dispute ${id} of order ${orderId}`);
    });
}
