import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor } from "../../domain/money.ts";
import { MktError } from "../../errors.ts";
import { resolveDispute } from "../../operations/resolve-dispute.ts";
import { examples } from "../parse.ts";

export function registerDisputeResolve(dispute: Command, mkt: Context): void {
  dispute
    .command("resolve")
    .description(
      "Decide an order's dispute: give the buyer all that is left of the money, or a part, or dismiss it. For support staff.",
    )
    .argument("<order>", "id, or the beginning of one")
    .option("--refund", "for the buyer: all that is left goes back")
    .option("--amount <amount>", "with --refund: only so much; the order is complete then")
    .option("--dismiss", "for the seller: the order is complete")
    .option("--note <text>", "why, in words; --dismiss needs it")
    .addHelpText(
      "after",
      examples(
        "mkt dispute resolve 0199c4f8 --refund",
        'mkt dispute resolve 0199c4f8 --refund --amount 200.00 --note "the difference to oak"',
        'mkt dispute resolve 0199c4f8 --dismiss --note "the photographs show oak"',
      ),
    )
    .action(async (order, { refund, amount, dismiss, note }) => {
      if ((refund === true) === (dismiss === true)) {
        throw new MktError("usage", "say either --refund or --dismiss");
      }
      if (amount !== undefined && !refund) {
        throw new MktError("usage", "--amount goes with --refund");
      }
      if (dismiss && note === undefined) {
        throw new MktError("usage", "--dismiss needs a --note that says why");
      }
      const actor = await mkt.actor("dispute resolve");
      const how = refund ? { refund: { amount } } : { dismiss: true };
      const resolved = await resolveDispute({ actor, order, note, ...how }, mkt.deps());
      mkt.print(resolved, ({ id, state, refundedMinor, currency, orderId, orderState }) => {
        const money = refundedMinor === null ? "" : ` (${formatMinor(refundedMinor, currency)})`;
        return `Dispute ${id} is ${state.replaceAll("_", " ")}${money}; order ${orderId} is ${orderState}`;
      });
    });
}
