import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { readableOrder } from "../operations/show-order.ts";
import { type TriggeredStep, trigger, triggers } from "../operations/trigger.ts";
import type { Column } from "../output/table.ts";
import { withColumns } from "./columns.ts";
import { examples } from "./parse.ts";
import { CHECKED_COLUMNS } from "./run-rows.ts";
import { withRows } from "./with-rows.ts";

type Trigger = ReturnType<typeof triggers>[number];

const columns: readonly Column<Trigger>[] = [
  { key: "name", header: "TRIGGER", value: ({ name }) => name },
  { key: "description", header: "WHAT HAPPENS", value: ({ description }) => description },
];

interface Row {
  what: string;
  order: string;
}

const bulk: BulkCommand<Row, readonly TriggeredStep[]> = {
  name: "trigger",
  plan: async (row, { actor }, deps) => {
    const steps: TriggeredStep[] = [];
    for await (const step of trigger({ actor, ...row, dryRun: true }, deps)) steps.push(step);
    const { id, state: from } = await readableOrder(actor, row.order, deps);
    // What happens to a payment or a parcel may leave the order where it is.
    const last = steps.at(-1);
    const to = last && last.to === from ? row.what : (last?.to ?? from);
    const summary = steps.map(({ how }) => how).join("; ") || "nothing: it happened before";
    return { subjectKind: "order", subjectId: id, from, to, summary };
  },
  apply: async (row, { actor }, deps) => {
    const steps: TriggeredStep[] = [];
    for await (const step of trigger({ actor, ...row, dryRun: false }, deps)) steps.push(step);
    const { id, state } = await readableOrder(actor, row.order, deps);
    const already = steps.length === 0;
    return { subjectKind: "order", subjectId: id, state, value: steps, already };
  },
  undo: "what happened to an order stays in its history",
  thing: ({ order }) => order,
};

export function registerTrigger(program: Command, mkt: Context): void {
  const command = program
    .command("trigger")
    .summary("lead an order to a state, as a whole sale would")
    .description(
      "Walk an order along the shortest legal way to a state, or make something happen to its payment or parcel, " +
        "by the same operations as everybody's and what the simulated providers are told. For operators, on the " +
        "local profile.",
    )
    .argument("[what]", "order.STATE, or one of what --list shows")
    .option("--order <order>", "id, or the beginning of one")
    .option("--list", "show what can be triggered")
    .addHelpText(
      "after",
      examples(
        "mkt trigger order.delivered --order 0199c4f8",
        "mkt trigger shipment.lost --order 0199c4f8 --dry-run",
        "mkt trigger --from orders.csv",
        "mkt trigger --list",
      ),
    );
  withRows(command, bulk, mkt, (steps) => steps.map(stepLine).join("\n"), {
    needs: ["what", "order"],
    except: ["list"],
    instead: ({ from, dryRun = false }) => {
      const { order, list } = command.opts();
      const [what] = command.args;
      if (list) return async () => mkt.printList({ items: triggers() }, columns);
      return from === undefined ? () => walk({ what, order, dryRun }, mkt) : undefined;
    },
  });
  withColumns(command, [], { "--list": columns, "--dry-run": CHECKED_COLUMNS });
}

/** One order, whose steps are told while they are taken. */
async function walk(
  { what, order, dryRun }: { what: string | undefined; order: string | undefined; dryRun: boolean },
  mkt: Context,
): Promise<void> {
  if (what === undefined || order === undefined) {
    throw new MktError("usage", "say what to trigger, and of which order", {
      hint: "mkt trigger --list; mkt trigger order.paid --order ORDER",
    });
  }
  const actor = await mkt.actor("trigger");
  const steps: TriggeredStep[] = [];
  const asLines = mkt.format() === "table" || mkt.format() === "wide";
  for await (const step of trigger({ actor, what, order, dryRun }, mkt.deps())) {
    steps.push(step);
    if (asLines) mkt.streams.stdout.write(`${stepLine(step)}\n`);
  }
  if (!asLines) mkt.print({ order, trigger: what, dryRun, items: steps }, () => "");
  else if (steps.length === 0) mkt.notice(`order ${order}: ${what} happened before`);
}

function stepLine({ from, to, how }: TriggeredStep): string {
  return `${from === to ? from : `${from} → ${to}`}: ${how}`;
}
