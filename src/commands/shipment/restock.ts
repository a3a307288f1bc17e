import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { planRestock, restock } from "../../operations/restock.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";

const bulk: BulkCommand<{ shipment: string }, Awaited<ReturnType<typeof restock>>> = {
  name: "shipment restock",
  plan: async (row, { actor }, deps) => {
    const { shipment, already } = await planRestock({ actor, ...row }, deps);
    const to = "in stock";
    return {
      subjectKind: "shipment",
      subjectId: shipment.id,
      from: already ? to : shipment.state,
      to,
      summary: already ? "nothing: its goods are in stock" : "puts its goods into stock",
    };
  },
  apply: async (row, { actor }, deps) => {
    const begunAt = deps.now();
    const shipment = await restock({ actor, ...row }, deps);
    const { id, state, restockedAt } = shipment;
    const already = restockedAt !== null && restockedAt < begunAt;
    return { subjectKind: "shipment", subjectId: id, state, value: shipment, already };
  },
  undo: "its goods may be sold by now: mkt publication update --add-stock takes them out",
};

export function registerShipmentRestock(shipment: Command, mkt: Context): void {
  const command = shipment
    .command("restock")
    .summary("put the goods of a returned parcel into stock again")
    .description(
      "Put the goods of a parcel that came back into stock again, for its seller and staff. Repeating it counts nothing twice.",
    )
    .argument("<shipment>", "id, or the beginning of one")
    .addHelpText(
      "after",
      examples(
        "mkt shipment restock 0199c4fb --as ana@example.com",
        "mkt shipment restock --from returned.csv --dry-run",
      ),
    );
  withRows(
    command,
    bulk,
    mkt,
    ({ id, orderId }) => `Shipment ${id}: the goods of order ${orderId} are in stock again`,
  );
}
