import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { EXPORTED_THINGS, type ExportedThing, exported } from "../domain/exported.ts";
import { MktError } from "../errors.ts";
import { exportRows } from "../operations/export-rows.ts";
import { withColumns } from "./columns.ts";
import { dataFormat, writeRows } from "./data-out.ts";
import { examples, time } from "./parse.ts";
import { withFormats } from "./special-formats.ts";

const FORMATS = ["csv", "ndjson", "parquet"] as const;
type ExportFormat = (typeof FORMATS)[number];

/** Only what is worth a word: most things stand in their list's help. */
const SINCE: Readonly<Record<ExportedThing, string>> = {
  users: "registered",
  publications: "published",
  purchases: "made",
  orders: "placed",
  order_lines: "of orders placed",
  payments: "made",
  shipments: "made",
  reviews: "written",
  questions: "asked",
  events: "happened",
};

export function registerExport(program: Command, mkt: Context): void {
  const group = program
    .command("export")
    .summary("copy everything out")
    .description(
      "Copy out all rows of a kind as CSV, NDJSON or Parquet, as they are at one moment, in an order that stays the same. " +
        "Money is in minor units, times are UTC. In CSV an apostrophe before what a spreadsheet would compute keeps it harmless. " +
        "For staff; analysts get no personal data.",
    )
    .addHelpText(
      "after",
      examples(
        "mkt export orders > orders.csv",
        "mkt export order_lines --since 2026-01-01 --out lines.parquet",
        "mkt export events -o ndjson | jq .type",
      ),
    );
  for (const what of EXPORTED_THINGS) registerThing(group, what, mkt);
}

function registerThing(group: Command, what: ExportedThing, mkt: Context): void {
  const { description, columns } = exported(what);
  const names = columns.map(({ name }) => name);
  withColumns(
    withFormats(group.command(what), "parquet"),
    columns.map(({ name, kind }) => ({ key: name, header: name, kind })),
  )
    .summary(description)
    .description(`Copy out ${what}: ${description}.\nColumns: ${names.join(", ")}.`)
    .option("--since <time>", `only those ${SINCE[what]} from then on`, time)
    .option("--until <time>", `only those ${SINCE[what]} before then`, time)
    .option("--out <file>", "write to this file, which is there only when all is in it")
    .addHelpText(
      "after",
      examples(
        `mkt export ${what} --out ${what}.csv`,
        `mkt export ${what} --columns ${names.slice(0, 2).join(",")} -o ndjson`,
      ),
    )
    .action(async ({ since, until, out }) => {
      const format = exportFormat(mkt, out);
      const actor = await mkt.actor(`export ${what}`);
      const columns = mkt.options().columns?.split(",");
      await exportRows(
        { actor, what, columns, since, until, signal: mkt.stopping() },
        (rows) => writeRows(rows, { format, out, label: what.replace("_", " ") }, mkt),
        mkt.deps(),
      );
    });
}

function exportFormat(mkt: Context, out: string | undefined): ExportFormat {
  const asked = dataFormat(mkt, out) ?? "csv";
  const format = FORMATS.find((each) => each === asked);
  if (format) return format;
  throw new MktError("usage", `mkt export writes no ${asked}`, {
    hint: `-o ${FORMATS.join("|")}`,
  });
}
