import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { type ClockMoved, moveClock } from "../../operations/move-clock.ts";
import { type Column, renderTable } from "../../output/table.ts";
import { examples, longDuration } from "../parse.ts";
import { ahead } from "./show.ts";

type Happening = ClockMoved["happened"][number];

/** More are in `--json`. */
const SHOWN = 50;

/** One and several of what happened; `payment.` before an event of a payment. */
const WORDS: Readonly<Record<string, readonly [one: string, several: string]>> = {
  "payment.cancel": ["payment given up", "payments given up"],
  expire: ["reservation expired", "reservations expired"],
  approve_payment: ["order paid", "orders paid"],
  miss_dispatch: ["order cancelled because nobody sent it", "orders cancelled that nobody sent"],
  hand_over: ["order shipped", "orders shipped"],
  send_again: ["order sent again", "orders sent again"],
  deliver: ["order delivered", "orders delivered"],
  fail_delivery: ["order not delivered", "orders not delivered"],
  complete: ["order completed", "orders completed"],
  dispute: ["order disputed", "orders disputed"],
};

const columns: readonly Column<Happening>[] = [
  { key: "at", header: "AT", kind: "time", value: ({ at }) => at },
  { key: "orderId", header: "ORDER", kind: "id", value: ({ orderId }) => orderId },
  { key: "what", header: "WHAT", value: (one) => words(one)[0] },
  { key: "actor", header: "BY", value: ({ actor }) => actor },
];

export function registerClockAdvance(clock: Command, mkt: Context): void {
  clock
    .command("advance")
    .summary("move the marketplace's time forward")
    .description(
      "Move the marketplace's time forward, the simulated providers' with it, and say what happened by it: what they told, and what timers did. It never goes back. For operators, on the local profile.",
    )
    .argument("<time>", "how far, at most 10 years", longDuration)
    .addHelpText(
      "after",
      examples("mkt clock advance 15m", "mkt clock advance 2h30m", "mkt clock advance 14d --json"),
    )
    .action(async (byMs) => {
      const actor = await mkt.actor("clock advance");
      const moved = await moveClock({ actor, byMs }, mkt.deps());
      mkt.print({ ...moved, counts: countsOf(moved.happened) }, () => movedText(moved, mkt));
    });
}

function movedText({ now, offsetMs, happened }: ClockMoved, { terminal }: Context): string {
  const head = `It is ${now} in the marketplace, ${ahead(offsetMs)} ahead of real time`;
  if (happened.length === 0) return `${head}: no order moved by it`;
  const samples = new Map(happened.map((one) => [nameOf(one), one]));
  const counted = Object.entries(countsOf(happened)).map(([name, count]) => {
    const [one, several] = words(samples.get(name) ?? { machine: "order", event: name });
    return `${count} ${count === 1 ? one : several}`;
  });
  const table = renderTable(happened.slice(0, SHOWN), columns, terminal, { wide: false });
  const more = happened.length > SHOWN ? `\nand ${happened.length - SHOWN} more` : "";
  return `${head}\n${counted.join(", ")}\n\n${table.trimEnd()}${more}`;
}

function countsOf(happened: readonly Happening[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of happened) counts[nameOf(one)] = (counts[nameOf(one)] ?? 0) + 1;
  return counts;
}

function nameOf({ machine, event }: Pick<Happening, "machine" | "event">): string {
  return machine === "order" ? event : `${machine}.${event}`;
}

function words(one: Pick<Happening, "machine" | "event">): readonly [string, string] {
  const name = nameOf(one).replaceAll("_", " ");
  return WORDS[nameOf(one)] ?? [name, name];
}
