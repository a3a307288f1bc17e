import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor } from "../../domain/money.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { planRefund, type Refunded, refundPayment } from "../../operations/refund-payment.ts";
import { examples } from "../parse.ts";
import { textColumn } from "../row-values.ts";
import { withRows } from "../with-rows.ts";

const NO_REASON = "no reason given";

interface Row {
  payment: string;
  amount?: string;
  key?: string;
  reason?: string;
}

const bulk: BulkCommand<Row, Refunded> = {
  name: "payment refund",
  plan: async ({ reason = NO_REASON, ...row }, { actor }, deps) => {
    const planned = await planRefund({ actor, ...row, reason }, deps);
    const { paymentId, currency, amountMinor, leftMinor, orderId, orderState, already } = planned;
    const [amount, left] = [amountMinor, leftMinor].map((minor) => formatMinor(minor, currency));
    return {
      subjectKind: "payment",
      subjectId: paymentId,
      from: already ? `${left} left` : null,
      to: `${left} left`,
      summary: already
        ? "nothing: its key stands for this refund"
        : `gives ${amount} back; order ${orderId} is ${orderState.replaceAll("_", " ")}`,
    };
  },
  apply: async ({ reason = NO_REASON, ...row }, { actor, key }, deps) => {
    const begunAt = deps.now();
    const refunded = await refundPayment({ actor, key, ...row, reason }, deps);
    return {
      subjectKind: "payment",
      subjectId: refunded.paymentId,
      state: refunded.orderState,
      value: refunded,
      already: refunded.refunds.every(({ changedAt }) => changedAt < begunAt),
    };
  },
  undo: "money that went back to its buyer is theirs",
};

export function registerPaymentRefund(payment: Command, mkt: Context): void {
  const command = payment
    .command("refund")
    .description(
      "Give back what is left of a payment, which ends its order as refunded, or a part of it. What failed before is requested again. For support staff.",
    )
    .argument("<payment>", "id, or the beginning of one")
    .option(
      "--amount <amount>",
      "only so much, in the payment's currency (default: all that is left)",
    )
    .option("--key <key>", "idempotency key: the same key again is the same refund")
    .addHelpText(
      "after",
      examples(
        'mkt payment refund 0199c4fa --reason "it came back"',
        'mkt payment refund 0199c4fa --amount 12.50 --reason "a scratch" --key ticket-881',
        'mkt payment refund --from recalled.csv --reason "a recall"',
      ),
    );
  withRows(command, bulk, mkt, sentence, { more: [textColumn("reason", false)] });
}

function sentence({ refunds, orderId, orderState, currency, leftMinor }: Refunded): string {
  return [
    ...refunds.map(
      ({ id, state, amountMinor }) =>
        `Refund of ${formatMinor(amountMinor, currency)} ${state} (refund ${id})`,
    ),
    `${formatMinor(leftMinor, currency)} left; order ${orderId} is ${orderState.replaceAll("_", " ")}`,
  ].join("\n");
}
