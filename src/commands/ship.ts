import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { planShipping, ship } from "../operations/ship.ts";
import { examples } from "./parse.ts";
import { withRows } from "./with-rows.ts";

interface Row {
  order: string;
  handedOver?: boolean;
}

const bulk: BulkCommand<Row, Awaited<ReturnType<typeof ship>>> = {
  name: "ship",
  plan: async (row, { actor }, deps) => {
    const { shipment, to, summary } = await planShipping({ actor, ...row }, deps);
    return { subjectKind: "shipment", subjectId: shipment.id, from: shipment.state, to, summary };
  },
  // Whoever repeats it buys no second label.
  apply: async (row, { actor }, deps) => {
    const begunAt = deps.now();
    const shipment = await ship({ actor, ...row }, deps);
    const { id, state, changedAt } = shipment;
    const already = changedAt < begunAt;
    return { subjectKind: "shipment", subjectId: id, state, value: shipment, already };
  },
  undo: "what is shipped is on its way: an order that is not handed over yet can be cancelled",
};

export function registerShip(program: Command, mkt: Context): void {
  const command = program
    .command("ship")
    .summary("ship a paid order, or send it again")
    .description(
      "Buy the carrier's label. Scans and delivery then arrive by webhook. Repeating it buys no second label.\n" +
        "A parcel that was not delivered goes out again; one that was lost or came back is sent anew.",
    )
    .argument("<order>", "id, or the beginning of one")
    .option("--handed-over", "the carrier has the parcel: do not wait for its first scan")
    .addHelpText(
      "after",
      examples(
        "mkt ship 0199c4f8 --as ana@example.com",
        "mkt ship 0199c4f8 --handed-over",
        "mkt ship --from today.csv --dry-run",
        "mkt order show 0199c4f8 --wait-for delivered",
      ),
    );
  withRows(command, bulk, mkt, ({ id, state, carrier, trackingCode }) => {
    return `Shipment ${id} ${state.replaceAll("_", " ")}: ${carrier ?? "carrier"} ${trackingCode ?? ""}`.trimEnd();
  });
}
