import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { ship } from "../operations/ship.ts";
import { examples } from "./parse.ts";

export function registerShip(program: Command, mkt: Context): void {
  program
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
        "mkt order show 0199c4f8 --wait-for delivered",
      ),
    )
    .action(async (order, { handedOver }) => {
      const actor = await mkt.actor("ship");
      const shipment = await ship({ actor, order, handedOver }, mkt.deps());
      mkt.print(shipment, ({ id, state, carrier, trackingCode }) => {
        return `Shipment ${id} ${state.replaceAll("_", " ")}: ${carrier ?? "carrier"} ${trackingCode ?? ""}`.trimEnd();
      });
    });
}
