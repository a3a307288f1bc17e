import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { ERRORS } from "../../errors.ts";
import {
  type DayDifference,
  type DaySums,
  type Verified,
  verifyRollups,
} from "../../operations/verify-rollups.ts";
import { type Column, renderTable } from "../../output/table.ts";
import { examples, positiveInteger } from "../parse.ts";

const DIFFERENCES_KEPT = 1_000;
const DIFFERENCES_SHOWN = 50;

const columns: readonly Column<DayDifference>[] = [
  { key: "day", header: "DAY", value: ({ day }) => day },
  { key: "by", header: "OF", value: ({ by }) => by },
  { key: "key", header: "KEY", kind: "id", value: ({ key }) => key },
  { key: "currency", header: "CURRENCY", value: ({ currency }) => currency },
  { key: "differs", header: "KEPT, AND COUNTED", value: told },
];

export function registerReportVerify(group: Command, mkt: Context): void {
  group
    .command("verify")
    .summary("compare the sums that reports read with the orders")
    .description(
      "Compare the sums of days that reports of sales read, which the worker keeps current, with what all orders come to; " +
        "exit 9 when a day differs. --rebuild makes them anew first, for operators; whoever is staff may compare.",
    )
    .option("--rebuild", "make all sums anew, then compare")
    .option("--limit <n>", "give at most so many differences", positiveInteger, DIFFERENCES_KEPT)
    .addHelpText(
      "after",
      examples("mkt report verify", "mkt report verify --rebuild", "mkt report verify --json"),
    )
    .action(async ({ rebuild = false, limit }) => {
      const actor = await mkt.actor("report verify");
      const verified = await verifyRollups({ actor, rebuild, limit }, mkt.deps());
      if (verified.wrong > 0) mkt.setExitCode(ERRORS.check_failed.exit);
      mkt.print(verified, (all) => human(all, mkt));
    });
}

function human({ days, compared, wrong, differences, timeZone, rebuilt }: Verified, mkt: Context) {
  const done = `${rebuilt ? "Made anew and compared" : "Compared"} ${compared} sums of ${days} ${days === 1 ? "day" : "days"} in ${timeZone}`;
  if (wrong === 0) return `${done}: nothing differs`;
  const shown = differences.slice(0, DIFFERENCES_SHOWN);
  const more = wrong > shown.length ? `\nand ${wrong - shown.length} more` : "";
  const table = renderTable(shown, columns, mkt.terminal, { wide: false }).trimEnd();
  return `${table}${more}\n${done}: ${wrong} differ; mkt report verify --rebuild makes them anew`;
}

/** `orders 3 not 4`: what is kept, and what the orders come to. */
function told({ kept, counted }: DayDifference): string {
  if (kept === null) return "not kept";
  if (counted === null) return "of no order";
  const names = Object.keys(counted) as (keyof DaySums)[];
  return names
    .filter((name) => kept[name] !== counted[name])
    .map((name) => `${name} ${kept[name]} not ${counted[name]}`)
    .join(", ");
}
