import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { statesOf } from "../../domain/transitions.ts";
import { listShipments, showShipment } from "../../operations/list-sales.ts";
import { block } from "../../output/story.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { type Listed, transitionLines } from "../order/story.ts";
import { examples, limit } from "../parse.ts";

type Shown = Awaited<ReturnType<typeof showShipment>>;

const columns: readonly Column<Listed<typeof listShipments>>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "orderId", header: "ORDER", kind: "id", value: ({ orderId }) => orderId },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  { key: "carrier", header: "CARRIER", value: ({ carrier }) => carrier },
  { key: "trackingCode", header: "TRACKING", value: ({ trackingCode }) => trackingCode },
  {
    key: "estimatedDeliveryAt",
    header: "EXPECTED",
    kind: "time",
    value: (row) => row.estimatedDeliveryAt,
  },
  {
    key: "createdAt",
    header: "SINCE",
    kind: "time",
    wide: true,
    value: ({ createdAt }) => createdAt,
  },
];

export function registerShipmentList(shipment: Command, mkt: Context): void {
  withColumns(shipment.command("list"), columns)
    .description("List shipments, newest first: yours, or all of them for staff.")
    .addOption(new Option("--state <state>", "only in this state").choices(statesOf("shipment")))
    .option("--order <order>", "only of this order")
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText("after", examples("mkt shipment list --state ready_to_ship"))
    .action(async (options) => {
      const actor = await mkt.actor("shipment list");
      mkt.printList(await listShipments({ actor, ...options }, mkt.deps()), columns);
    });

  shipment
    .command("show")
    .description("Show a shipment as it is known here, with scans and states.")
    .argument("<shipment>", "id, or the beginning of one")
    .addHelpText("after", examples("mkt shipment show 0199c4fb-5d0e-7f2b-8f43-6f0c2f4f9a11"))
    .action(async (text) => {
      const actor = await mkt.actor("shipment show");
      mkt.print(await showShipment({ actor, shipment: text }, mkt.deps()), shipmentBlock);
    });
}

/** What is known of a shipment, without its history. */
export function factLines({
  id,
  orderId,
  state,
  carrier,
  trackingCode,
  estimatedDeliveryAt,
  restockedAt,
}: Omit<Shown, "scans" | "transitions">): (readonly [string, string])[] {
  return [
    ["shipment", id],
    ["order", orderId],
    ["state", state.replaceAll("_", " ")],
    ["carrier", carrier ? `${carrier} ${trackingCode}` : "no label yet"],
    ...(estimatedDeliveryAt ? [["expected", estimatedDeliveryAt] as const] : []),
    ...(restockedAt ? [["in stock", `again since ${restockedAt}`] as const] : []),
  ];
}

function shipmentBlock(shown: Shown): string {
  return block([
    ...factLines(shown),
    ...shown.scans.map(
      ({ at, description, place }) => ["scan", `${at} ${description} (${place})`] as const,
    ),
    ...transitionLines(shown.transitions),
  ]);
}
