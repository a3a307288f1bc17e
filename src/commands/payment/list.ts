import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor } from "../../domain/money.ts";
import { statesOf } from "../../domain/transitions.ts";
import { listPayments, showPayment } from "../../operations/list-sales.ts";
import { block } from "../../output/story.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import type { Listed } from "../order/story.ts";
import { transitionLines } from "../order/story.ts";
import { examples, limit } from "../parse.ts";
import { nextStepLines } from "./next-step.ts";

const columns: readonly Column<Listed<typeof listPayments>>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "orderId", header: "ORDER", kind: "id", value: ({ orderId }) => orderId },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  {
    key: "amountMinor",
    header: "AMOUNT",
    kind: "money",
    value: ({ amountMinor }) => amountMinor,
    currency: ({ currency }) => currency,
  },
  { key: "currency", header: "CURRENCY", wide: true, value: ({ currency }) => currency },
  {
    key: "card",
    header: "CARD",
    value: ({ cardBrand, cardLastFour }) => (cardBrand ? `${cardBrand} ${cardLastFour}` : null),
  },
  { key: "reason", header: "REASON", value: ({ reason }) => reason },
  { key: "createdAt", header: "AT", kind: "time", value: ({ createdAt }) => createdAt },
];

const CHARGEBACK = {
  open: "the buyer's bank took the money back; it has not decided yet",
  won: "the buyer's bank took the money back, and gave it to the seller again",
  lost: "the buyer's bank took the money back for good",
} as const;

export function registerPaymentList(payment: Command, mkt: Context): void {
  withColumns(payment.command("list"), columns)
    .description("List payments, newest first: yours, or all of them for staff.")
    .addOption(new Option("--state <state>", "only in this state").choices(statesOf("payment")))
    .option("--order <order>", "only of this order")
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText("after", examples("mkt payment list --state rejected"))
    .action(async (options) => {
      const actor = await mkt.actor("payment list");
      mkt.printList(await listPayments({ actor, ...options }, mkt.deps()), columns);
    });

  payment
    .command("show")
    .description("Show a payment with its refunds and every state that it went through.")
    .argument("<payment>", "id, or the beginning of one")
    .addHelpText("after", examples("mkt payment show 0199c4fa-31c4-7c0d-b7a5-9a6bb1f0e2c4"))
    .action(async (text) => {
      const actor = await mkt.actor("payment show");
      mkt.print(await showPayment({ actor, payment: text }, mkt.deps()), (shown) =>
        block([
          ["payment", shown.id],
          ["order", shown.orderId],
          ["state", shown.reason ? `${shown.state} (${shown.reason})` : shown.state],
          ["amount", formatMinor(shown.amountMinor, shown.currency)],
          ["card", shown.cardBrand ? `${shown.cardBrand} ${shown.cardLastFour}` : "not known yet"],
          ...nextStepLines(shown),
          ...(shown.chargeback ? [["chargeback", CHARGEBACK[shown.chargeback]] as const] : []),
          ...(shown.late
            ? [["late", "it came after it was given up: it is given back"] as const]
            : []),
          ...shown.refunds.map((refund) => ["refund", refundText(refund, shown.currency)] as const),
          ...transitionLines(shown.transitions),
        ]),
      );
    });
}

type Refund = Awaited<ReturnType<typeof showPayment>>["refunds"][number];

function refundText({ amountMinor, state, reason, attempt }: Refund, currency: string): string {
  const text = `${formatMinor(amountMinor, currency)} ${state}: ${reason}`;
  return attempt === 1 ? text : `${text} (attempt ${attempt})`;
}
