import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { type HistoryRow, sideBySide } from "../../domain/parcel-history.ts";
import { type Tracked, trackShipment } from "../../operations/track-shipment.ts";
import { block } from "../../output/story.ts";
import { type Column, renderTable } from "../../output/table.ts";
import { examples } from "../parse.ts";
import { factLines } from "./list.ts";

const columns: readonly Column<HistoryRow>[] = [
  { key: "at", header: "AT", kind: "time", value: ({ at }) => at },
  {
    key: "differs",
    header: "",
    value: ({ differs }) => (differs ? "≠" : ""),
  },
  {
    key: "theirs",
    header: "CARRIER",
    value: ({ theirs }) =>
      theirs && `${words(theirs.state)}: ${theirs.description} (${theirs.place})`,
  },
  {
    key: "ours",
    header: "HERE",
    value: ({ ours }) =>
      ours && `${ours.from ? `${words(ours.from)} → ` : ""}${words(ours.to)} by ${ours.actor}`,
  },
];

export function registerShipmentTrack(shipment: Command, mkt: Context): void {
  shipment
    .command("track")
    .summary("ask the carrier where a shipment is")
    .description(
      "Ask the carrier where a shipment is, apply what it says, and show its history beside ours.\n" +
        "A ≠ marks what only one of them tells.",
    )
    .argument("<shipment>", "a shipment, or an order; id or the beginning of one")
    .addHelpText("after", examples("mkt shipment track 0199c4fb-5d0e-7f2b-8f43-6f0c2f4f9a11"))
    .action(async (text) => {
      const actor = await mkt.actor("shipment track");
      const tracked = await trackShipment({ actor, shipment: text }, mkt.deps());
      mkt.print(tracked, (shown) => trackedText(shown, mkt));
    });
}

function trackedText(shown: Tracked, mkt: Context): string {
  const rows = sideBySide(shown.ours, shown.theirs);
  const wide = mkt.options().output === "wide";
  const table = renderTable(rows, columns, mkt.terminal, { wide }).trimEnd();
  const differences = shown.differences.map(
    ({ at, text }) => ["difference", at ? `${at} ${text}` : text] as const,
  );
  return [
    block(factLines(shown)),
    table,
    ...(differences.length > 0 ? [block(differences)] : []),
  ].join("\n\n");
}

function words(state: string): string {
  return state.replaceAll("_", " ");
}
