import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor } from "../../domain/money.ts";
import { MktError } from "../../errors.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import {
  planResolving,
  type ResolvedDispute,
  resolveDispute,
} from "../../operations/resolve-dispute.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  order: string;
  refund?: boolean;
  amount?: string;
  dismiss?: boolean;
  note?: string;
}

const request = ({ order, refund = false, amount, dismiss = false, note }: Row) => {
  if (refund === dismiss) throw new MktError("usage", "say either --refund or --dismiss");
  if (amount !== undefined && !refund) throw new MktError("usage", "--amount goes with --refund");
  if (dismiss && note === undefined) {
    throw new MktError("usage", "--dismiss needs a --note that says why");
  }
  return { order, note, ...(refund ? { refund: { amount } } : { dismiss }) };
};

const bulk: BulkCommand<Row, ResolvedDispute> = {
  name: "dispute resolve",
  plan: async (row, { actor }, deps) => {
    const { dispute, orderState, currency } = await planResolving({ actor, ...request(row) }, deps);
    const { id, state, orderId, refundedMinor } = dispute;
    const money =
      refundedMinor === null ? "" : `gives ${formatMinor(refundedMinor, currency)} back; `;
    const summary = `${money}order ${orderId} becomes ${orderState}`;
    return { subjectKind: "dispute", subjectId: id, from: "open", to: state, summary };
  },
  apply: async (row, { actor, again }, deps) => {
    const resolved = await resolveDispute({ actor, ...request(row), again }, deps);
    const { id, state } = resolved;
    return { subjectKind: "dispute", subjectId: id, state, value: resolved };
  },
  undo: "what support decided was told to both: mkt dispute open opens another one",
};

export function registerDisputeResolve(dispute: Command, mkt: Context): void {
  const command = dispute
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
        'mkt dispute resolve --from lost.csv --refund --note "the lorry burnt"',
      ),
    );
  withRows(command, bulk, mkt, ({ id, state, refundedMinor, currency, orderId, orderState }) => {
    const money = refundedMinor === null ? "" : ` (${formatMinor(refundedMinor, currency)})`;
    return `Dispute ${id} is ${state.replaceAll("_", " ")}${money}; order ${orderId} is ${orderState}`;
  });
}
