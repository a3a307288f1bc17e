import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor } from "../../domain/money.ts";
import { refundPayment } from "../../operations/refund-payment.ts";
import { examples } from "../parse.ts";

export function registerPaymentRefund(payment: Command, mkt: Context): void {
  payment
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
      ),
    )
    .action(async (text, { amount, key }) => {
      const actor = await mkt.actor("payment refund");
      const reason = mkt.options().reason ?? "no reason given";
      const refunded = await refundPayment(
        { actor, payment: text, amount, reason, key },
        mkt.deps(),
      );
      mkt.print(refunded, ({ refunds, orderId, orderState, currency, leftMinor }) =>
        [
          ...refunds.map(
            ({ id, state, amountMinor }) =>
              `Refund of ${formatMinor(amountMinor, currency)} ${state} (refund ${id})`,
          ),
          `${formatMinor(leftMinor, currency)} left; order ${orderId} is ${orderState.replaceAll("_", " ")}`,
        ].join("\n"),
      );
    });
}
