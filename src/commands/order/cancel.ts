import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { Order } from "../../domain/order.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { cancelOrder, planCancelling } from "../../operations/cancel-order.ts";
import { examples } from "../parse.ts";
import { textColumn } from "../row-values.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  order: string;
  reason?: string;
}

const NO_REASON = "no reason given";

const bulk: BulkCommand<Row, Order> = {
  name: "order cancel",
  plan: async ({ reason = NO_REASON, ...row }, { actor }, deps) => {
    const { order, after } = await planCancelling({ actor, ...row, reason }, deps);
    const { id, state: from } = order;
    const back = from === "paid" ? ", its money" : "";
    const summary =
      from === after.state ? "nothing: it is cancelled" : `gives its stock${back} back`;
    return { subjectKind: "order", subjectId: id, from, to: after.state, summary };
  },
  apply: async ({ reason = NO_REASON, ...row }, { actor }, deps) => {
    const begunAt = deps.now();
    const cancelled = await cancelOrder({ actor, ...row, reason }, deps);
    const { id, state, changedAt } = cancelled;
    const already = changedAt < begunAt;
    return { subjectKind: "order", subjectId: id, state, value: cancelled, already };
  },
  undo: "its stock may be sold to somebody else by now: mkt buy buys it again",
};

export function registerOrderCancel(order: Command, mkt: Context): void {
  const command = order
    .command("cancel")
    .description(
      "Cancel an order that is not on its way: stock back, label voided, the whole payment refunded.",
    )
    .argument("<order>", "id, or the beginning of one")
    .addHelpText(
      "after",
      examples(
        'mkt order cancel 0199c4f8 --reason "changed my mind" --as beto@example.com',
        'mkt order cancel --from burnt.csv --reason "the warehouse burnt"',
      ),
    );
  withRows(command, bulk, mkt, ({ id }) => `Cancelled order ${id}`, {
    more: [textColumn("reason", false)],
  });
}
