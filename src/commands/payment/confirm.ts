import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { confirmPayment } from "../../operations/confirm-payment.ts";
import { duration, examples } from "../parse.ts";
import { paymentSentence } from "./next-step.ts";

export function registerPaymentConfirm(payment: Command, mkt: Context): void {
  payment
    .command("confirm")
    .summary("pass the second step of a payment")
    .description(
      "Pass the second step that the buyer's bank wants, for the buyer; then wait for the provider's verdict.",
    )
    .argument("<payment>", "id, or the beginning of one")
    .option("--wait <time>", "how long to wait for the provider's verdict (default: 10s)", duration)
    .addHelpText("after", examples("mkt payment confirm 0199c4fa --as beto@example.com"))
    .action(async (text, { wait: waitMs = 10_000 }) => {
      const actor = await mkt.actor("payment confirm");
      const confirmed = await confirmPayment({ actor, payment: text, waitMs }, mkt.deps());
      mkt.print(confirmed, paymentSentence);
    });
}
