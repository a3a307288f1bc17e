import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { type OpenedDispute, openDispute, planDispute } from "../../operations/open-dispute.ts";
import { examples, positiveInteger } from "../parse.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  order: string;
  notReceived?: boolean;
  notAsDescribed?: boolean;
  line?: number;
  note: string;
}

const request = ({ notReceived, notAsDescribed, line: lineNumber, ...row }: Row) => {
  if ((notReceived === true) === (notAsDescribed === true)) {
    throw new MktError("usage", "say either --not-received or --not-as-described");
  }
  const reason = notReceived ? ("not_received" as const) : ("not_as_described" as const);
  return { ...row, reason, lineNumber };
};

const bulk: BulkCommand<Row, OpenedDispute> = {
  name: "dispute open",
  plan: async (row, { actor }, deps) => {
    const want = request(row);
    const { order, orderState } = await planDispute({ actor, ...want }, deps);
    const { id, state: from } = order;
    const summary = `opens a dispute: ${want.reason.replaceAll("_", " ")}`;
    return { subjectKind: "order", subjectId: id, from, to: orderState, summary };
  },
  apply: async (row, { actor, again }, deps) => {
    const opened = await openDispute({ actor, ...request(row), again }, deps);
    const { id, state } = opened;
    return { subjectKind: "dispute", subjectId: id, state, value: opened };
  },
  undo: "a dispute ends when support decides it: mkt dispute resolve",
};

export function registerDisputeOpen(dispute: Command, mkt: Context): void {
  const command = dispute
    .command("open")
    .description(
      "Say that an order did not come, or is not what was bought: for its buyer, or staff for them. Support decides then.",
    )
    .argument("<order>", "id, or the beginning of one")
    .option("--not-received", "it never came")
    .option("--not-as-described", "it came, and is not what was bought")
    .option("--line <n>", "only this line of the order", positiveInteger)
    .requiredOption("--note <text>", "what is wrong, in words")
    .addHelpText(
      "after",
      examples(
        'mkt dispute open 0199c4f8 --not-received --note "Nobody has seen the parcel"',
        'mkt dispute open 0199c4f8 --not-as-described --line 2 --note "Pine, not oak"',
        'mkt dispute open --from lost.csv --not-received --note "The lorry burnt"',
      ),
    );
  withRows(command, bulk, mkt, ({ id, orderId }) => `Opened dispute ${id} of order ${orderId}`);
}
