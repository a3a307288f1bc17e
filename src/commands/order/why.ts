import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import {
  explainOrder,
  type OrderOutlook,
  type PossibleTransition,
} from "../../operations/explain-order.ts";
import { paint, type Terminal } from "../../output/colour.ts";
import { displayWidth } from "../../output/safe-text.ts";
import { examples } from "../parse.ts";

export function registerOrderWhy(order: Command, mkt: Context): void {
  order
    .command("why")
    .description(
      "Show what may become of an order and of its payments, refunds, shipments and dispute: who may do it, " +
        "what blocks it, when it happens by itself, and the command that does it or removes what blocks it.",
    )
    .argument("<order>", "id, or the beginning of one")
    .addHelpText("after", examples("mkt order why 0199c4f8", "mkt order why 0199c4f8 --json"))
    .action(async (text) => {
      const actor = await mkt.actor("order why");
      const outlook = await explainOrder({ actor, order: text }, mkt.deps());
      mkt.print(outlook, (value) => outlookText(value, mkt.terminal));
    });
}

const MARK = { possible: "can", blocked: "blocked" };
const GAP = 2;

/** A table for each thing: what can happen to it and what cannot, and below each row what to type. */
function outlookText(outlook: OrderOutlook, terminal: Terminal): string {
  const { order, state, ended, transitions } = outlook;
  const lines = [`order ${order} is ${words(state)}`];
  if (ended) {
    const { event, from, actor, at } = ended;
    const before = from ? ` when it was ${words(from)}` : "";
    lines.push(
      `nothing leads on from there; what led there: ${words(event)} by ${actor}${before}, at ${at}`,
    );
  }
  const rows = transitions.map((row) => cells(row));
  const widths = [0, 1, 2].map((column) =>
    Math.max(0, ...rows.map((row) => displayWidth(row[column] ?? ""))),
  );
  let group = "";
  for (const [index, row] of transitions.entries()) {
    const { machine, id, from, possible, command } = row;
    if (group !== id) lines.push("", paint("bold", `${machine} ${id} ${words(from)}`, terminal));
    group = id;
    const [mark = "", ...others] = (rows[index] ?? []).map((cell, column) => {
      return cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
    });
    const line = [paint(possible ? "green" : "yellow", mark, terminal), ...others];
    lines.push(`  ${line.join(" ".repeat(GAP))}`.trimEnd());
    if (command) lines.push(`${" ".repeat(2 + GAP + (widths[0] ?? 0))}$ ${command}`);
  }
  return lines.join("\n");
}

function cells({ event, to, actors, possible, blockedBy, dueAt }: PossibleTransition): string[] {
  const due = dueAt && !blockedBy?.includes(dueAt) ? `by itself at ${dueAt}` : "";
  return [
    possible ? MARK.possible : MARK.blocked,
    `${words(event)} → ${words(to)}`,
    actors.join(", "),
    [blockedBy ?? "", due].filter(Boolean).join("; "),
  ];
}

const words = (text: string) => text.replaceAll("_", " ");
