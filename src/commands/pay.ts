import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { pay } from "../operations/pay.ts";
import { duration, examples } from "./parse.ts";
import { paymentSentence } from "./payment/next-step.ts";

export function registerPay(program: Command, mkt: Context): void {
  program
    .command("pay")
    .summary("pay an order or a purchase")
    .description(
      "Pay through the payment provider. An open payment is taken up again, so repeating never charges twice.\n" +
        "Test cards: tok_approved, tok_declined, tok_timeout (charges, then does not answer), tok_second_step, tok_ticket.",
    )
    .argument("<target>", "an order, or a purchase whose orders are paid in turn")
    .requiredOption("--card <token>", "the card, as the provider's token")
    .option("--authorize", "only reserve the money: mkt payment capture takes it later")
    .option("--wait <time>", "how long to wait for the provider's verdict (default: 10s)", duration)
    .addHelpText(
      "after",
      examples(
        "mkt pay 0199c4f8 --card tok_approved --as beto@example.com",
        "mkt pay 0199c4f8 --card tok_approved --authorize",
      ),
    )
    .action(async (target, { card, authorize, wait: waitMs = 10_000 }) => {
      const actor = await mkt.actor("pay");
      const payments = await pay({ actor, target, card, authorize, waitMs }, mkt.deps());
      const [only] = payments;
      mkt.print(
        payments.length === 1 && only ? only : { items: payments, nextPageToken: null },
        () => payments.map(paymentSentence).join("\n"),
      );
    });
}
