import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { restock } from "../../operations/restock.ts";
import { examples } from "../parse.ts";

export function registerShipmentRestock(shipment: Command, mkt: Context): void {
  shipment
    .command("restock")
    .summary("put the goods of a returned parcel into stock again")
    .description(
      "Put the goods of a parcel that came back into stock again, for its seller and staff. Repeating it counts nothing twice.",
    )
    .argument("<shipment>", "id, or the beginning of one")
    .addHelpText("after", examples("mkt shipment restock 0199c4fb --as ana@example.com"))
    .action(async (text) => {
      const actor = await mkt.actor("shipment restock");
      mkt.print(
        await restock({ actor, shipment: text }, mkt.deps()),
        ({ id, orderId }) => `Shipment ${id}: the goods of order ${orderId} are in stock again`,
      );
    });
}
