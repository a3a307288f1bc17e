import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { type TriggeredStep, trigger, triggers } from "../operations/trigger.ts";
import type { Column } from "../output/table.ts";
import { withColumns } from "./columns.ts";
import { examples } from "./parse.ts";

type Trigger = ReturnType<typeof triggers>[number];

const columns: readonly Column<Trigger>[] = [
  { key: "name", header: "TRIGGER", value: ({ name }) => name },
  { key: "description", header: "WHAT HAPPENS", value: ({ description }) => description },
];

export function registerTrigger(program: Command, mkt: Context): void {
  withColumns(program.command("trigger"), [], { "--list": columns })
    .summary("lead an order to a state, as a whole sale would")
    .description(
      "Walk an order along the shortest legal way to a state, or make something happen to its payment or parcel, " +
        "by the same operations as everybody's and what the simulated providers are told. For operators, on the " +
        "local profile.",
    )
    .argument("[what]", "order.STATE, or one of what --list shows")
    .option("--order <order>", "id, or the beginning of one")
    .option("--dry-run", "only say which steps it would take")
    .option("--list", "show what can be triggered")
    .addHelpText(
      "after",
      examples(
        "mkt trigger order.delivered --order 0199c4f8",
        "mkt trigger shipment.lost --order 0199c4f8 --dry-run",
        "mkt trigger --list",
      ),
    )
    .action(async (what, { order, dryRun = false, list }) => {
      if (list) return mkt.printList({ items: triggers() }, columns);
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
    });
}

function stepLine({ from, to, how }: TriggeredStep): string {
  return `${from === to ? from : `${from} → ${to}`}: ${how}`;
}
