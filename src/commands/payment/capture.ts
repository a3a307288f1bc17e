import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { capturePayment, planCapture } from "../../operations/capture-payment.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";
import { paymentSentence } from "./next-step.ts";

const bulk: BulkCommand<{ payment: string }, Awaited<ReturnType<typeof capturePayment>>> = {
  name: "payment capture",
  plan: async (row, { actor }, deps) => {
    const { id, state: from } = await planCapture({ actor, ...row }, deps);
    const summary = from === "approved" ? "nothing: it is taken" : "takes the money";
    return { subjectKind: "payment", subjectId: id, from, to: "approved", summary };
  },
  apply: async (row, { actor }, deps) => {
    const begunAt = deps.now();
    const captured = await capturePayment({ actor, ...row }, deps);
    const { id, state, changedAt } = captured;
    const already = changedAt < begunAt;
    return { subjectKind: "payment", subjectId: id, state, value: captured, already };
  },
  undo: "money goes back by mkt order cancel, or by mkt payment refund",
};

export function registerPaymentCapture(payment: Command, mkt: Context): void {
  const command = payment
    .command("capture")
    .summary("take the money of an authorized payment")
    .description(
      "Take the money of an authorized payment, for the seller of its order and staff: the order is then paid.\n" +
        "Repeating it takes nothing twice.",
    )
    .argument("<payment>", "id, or the beginning of one")
    .addHelpText(
      "after",
      examples(
        "mkt payment capture 0199c4fa --as ana@example.com",
        "mkt payment capture --from authorized.csv --dry-run",
      ),
    );
  withRows(command, bulk, mkt, paymentSentence);
}
