import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { capturePayment } from "../../operations/capture-payment.ts";
import { examples } from "../parse.ts";
import { paymentSentence } from "./next-step.ts";

export function registerPaymentCapture(payment: Command, mkt: Context): void {
  payment
    .command("capture")
    .summary("take the money of an authorized payment")
    .description(
      "Take the money of an authorized payment, for the seller of its order and staff: the order is then paid.\n" +
        "Repeating it takes nothing twice.",
    )
    .argument("<payment>", "id, or the beginning of one")
    .addHelpText("after", examples("mkt payment capture 0199c4fa --as ana@example.com"))
    .action(async (text) => {
      const actor = await mkt.actor("payment capture");
      mkt.print(await capturePayment({ actor, payment: text }, mkt.deps()), paymentSentence);
    });
}
