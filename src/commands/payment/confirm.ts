import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { confirmPayment, planConfirming } from "../../operations/confirm-payment.ts";
import { duration, examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";
import { paymentSentence } from "./next-step.ts";

interface Row {
  payment: string;
  wait?: number;
}

const bulk: BulkCommand<Row, Awaited<ReturnType<typeof confirmPayment>>> = {
  name: "payment confirm",
  plan: async ({ payment: text }, { actor }, deps) => {
    const { payment, already } = await planConfirming({ actor, payment: text }, deps);
    const { id, state: from } = payment;
    const summary = already ? "nothing: it is decided" : "passes the second step";
    const to = already ? from : "approved";
    return { subjectKind: "payment", subjectId: id, from, to, summary };
  },
  apply: async ({ payment, wait: waitMs = 10_000 }, { actor }, deps) => {
    const begunAt = deps.now();
    const confirmed = await confirmPayment({ actor, payment, waitMs }, deps);
    const { id, state, changedAt } = confirmed;
    const already = changedAt < begunAt;
    return { subjectKind: "payment", subjectId: id, state, value: confirmed, already };
  },
  undo: "money goes back by mkt order cancel, or by mkt payment refund",
};

export function registerPaymentConfirm(payment: Command, mkt: Context): void {
  const command = payment
    .command("confirm")
    .summary("pass the second step of a payment")
    .description(
      "Pass the second step that the buyer's bank wants, for the buyer; then wait for the provider's verdict.",
    )
    .argument("<payment>", "id, or the beginning of one")
    .option("--wait <time>", "how long to wait for the provider's verdict (default: 10s)", duration)
    .addHelpText(
      "after",
      examples(
        "mkt payment confirm 0199c4fa --as beto@example.com",
        "mkt payment confirm --from waiting.csv --as beto@example.com",
      ),
    );
  withRows(command, bulk, mkt, paymentSentence);
}
