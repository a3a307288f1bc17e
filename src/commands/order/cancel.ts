import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { cancelOrder } from "../../operations/cancel-order.ts";
import { examples } from "../parse.ts";

export function registerOrderCancel(order: Command, mkt: Context): void {
  order
    .command("cancel")
    .description(
      "Cancel an order that is not on its way: stock back, label voided, the whole payment refunded.",
    )
    .argument("<order>", "id, or the beginning of one")
    .addHelpText(
      "after",
      examples('mkt order cancel 0199c4f8 --reason "changed my mind" --as beto@example.com'),
    )
    .action(async (text) => {
      const actor = await mkt.actor("order cancel");
      const reason = mkt.options().reason ?? "no reason given";
      const cancelled = await cancelOrder({ actor, order: text, reason }, mkt.deps());
      mkt.print(cancelled, ({ id }) => `Cancelled order ${id}`);
    });
}
