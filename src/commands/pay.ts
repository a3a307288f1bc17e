import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { formatMinor } from "../domain/money.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { pay, planPaying } from "../operations/pay.ts";
import { duration, examples } from "./parse.ts";
import { paymentSentence } from "./payment/next-step.ts";
import { withRows } from "./with-rows.ts";

interface Row {
  target: string;
  card: string;
  authorize?: boolean;
  wait?: number;
}

type Payments = Awaited<ReturnType<typeof pay>>;
/** The payment of an order, or those of a purchase. */
type Paid = Payments[number] | { items: Payments; nextPageToken: null };

const WAIT_MS = 10_000;
const request = ({ wait: waitMs = WAIT_MS, ...row }: Row) => ({ ...row, waitMs });
const both = (states: readonly string[]) => [...new Set(states)].join(", ");

const bulk: BulkCommand<Row, Paid> = {
  name: "pay",
  secret: ["card"],
  plan: async (row, { actor }, deps) => {
    const opened = await planPaying({ actor, ...request(row) }, deps);
    const open = opened.filter(({ resumed }) => resumed);
    const isPaid =
      open.length === opened.length && open.every(({ payment }) => payment.state === "approved");
    const [only] = opened;
    const amounts = opened.map(({ payment }) => formatMinor(payment.amountMinor, payment.currency));
    return {
      subjectKind: "order",
      subjectId: opened.length === 1 ? (only?.order.id ?? null) : null,
      from: both(opened.map(({ order }) => order.state)),
      to: isPaid
        ? both(opened.map(({ order }) => order.state))
        : row.authorize
          ? "authorized"
          : "paid",
      summary: isPaid
        ? "nothing: it is paid already"
        : `${row.authorize ? "reserves" : "charges"} ${amounts.join(" and ")}${open.length > 0 ? ", taking up an open payment" : ""}`,
    };
  },
  apply: async (row, { actor, again }, deps) => {
    const begunAt = deps.now();
    const payments = await pay({ actor, ...request(row), again }, deps);
    const [only] = payments;
    return {
      subjectKind: "payment",
      subjectId: only?.id ?? "",
      state: both(payments.map(({ state }) => state)),
      value: payments.length === 1 && only ? only : { items: payments, nextPageToken: null },
      already: payments.every(({ changedAt }) => changedAt < begunAt),
    };
  },
  undo: "money goes back by mkt order cancel, or by mkt payment refund",
};

export function registerPay(program: Command, mkt: Context): void {
  const command = program
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
        "mkt pay --from orders.csv --card tok_approved --as beto@example.com",
      ),
    );
  withRows(command, bulk, mkt, (paid) =>
    ("items" in paid ? paid.items : [paid]).map(paymentSentence).join("\n"),
  );
}
