import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { RunningTimer, Timer } from "../../domain/timers.ts";
import { type ClockReport, showClock } from "../../operations/move-clock.ts";
import { block } from "../../output/story.ts";
import { type Column, renderTable } from "../../output/table.ts";
import { examples, limit } from "../parse.ts";

const MEANINGS: Readonly<Record<Timer, string>> = {
  payment: "its payment is given up",
  reservation: "its reservation expires",
  dispatch: "it is cancelled unless it is sent",
  delivery: "it counts as not delivered",
  completion: "it is completed",
};

const columns: readonly Column<RunningTimer>[] = [
  { key: "dueAt", header: "DUE", kind: "time", value: ({ dueAt }) => dueAt },
  { key: "timer", header: "TIMER", value: ({ timer }) => timer },
  { key: "orderId", header: "ORDER", kind: "id", value: ({ orderId }) => orderId },
  { key: "meaning", header: "THEN", value: ({ timer }) => MEANINGS[timer] },
  {
    key: "paymentId",
    header: "PAYMENT",
    kind: "id",
    wide: true,
    value: ({ paymentId }) => paymentId,
  },
];

export function registerClockShow(clock: Command, mkt: Context): void {
  clock
    .command("show")
    .summary("show the marketplace's time")
    .description(
      "Show the marketplace's time, how far it is ahead of real time, and the timers that are due next. For staff.",
    )
    .option("--limit <n>", "at most so many timers", limit, 10)
    .addHelpText("after", examples("mkt clock show", "mkt clock show --limit 100 --json"))
    .action(async ({ limit }) => {
      const actor = await mkt.actor("clock show");
      mkt.print(await showClock({ actor, limit }, mkt.deps()), (report) => clockText(report, mkt));
    });
}

function clockText({ timers, ...time }: ClockReport, { terminal, format }: Context): string {
  const rows: [string, string][] = [
    ["now", time.now],
    ["real time", time.isMovable ? time.realNow : `${time.realNow}; this clock cannot be moved`],
    ["ahead", ahead(time.offsetMs)],
  ];
  if (timers.length === 0) return `${block(rows)}\n\nno timer runs`;
  return `${block(rows)}\n\n${renderTable(timers, columns, terminal, { wide: format() === "wide" })}`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** A time as it is typed: `2d 3h`. */
export function ahead(offsetMs: number): string {
  if (offsetMs === 0) return "not at all";
  const parts: string[] = [];
  let left = offsetMs;
  for (const [unit, sizeMs] of UNITS) {
    const count = Math.floor(left / sizeMs);
    if (count > 0) parts.push(`${count}${unit}`);
    left -= count * sizeMs;
  }
  return parts.join(" ");
}
