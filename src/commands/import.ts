import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { parseHistoryMapping } from "../domain/mapping/history.ts";
import { formatMinor } from "../domain/money.ts";
import { type ImportReport, importHistory } from "../operations/import/import-history.ts";
import type { FlaggedOrder, RejectedRow } from "../operations/import/import-request.ts";
import { progressBar } from "../output/progress.ts";
import { type RowFile, rowFile } from "../output/row-file.ts";
import { examples, readYaml } from "./parse.ts";

const ROWS_FAILED_EXIT = 8;

interface ImportOptions {
  mapping: string;
  rejects?: string | undefined;
  flagged?: string | undefined;
  dryRun?: true | undefined;
  wait: boolean;
}

export function registerImport(program: Command, mkt: Context): void {
  program
    .command("import")
    .summary("bring in another marketplace's history")
    .description(
      "Bring in users, publications and past orders, with the real time of every step, from the files of a directory. " +
        "The mapping says which column is what. What is there already is left alone: the same command again changes " +
        "nothing, and goes on where it was cut off. Rows that cannot be imported are written to a file, and orders in " +
        "which the source contradicts itself are flagged. For operators.",
    )
    .argument("<directory>", "where the files are")
    .requiredOption("--mapping <file>", "which column is what: see fixtures/mappings")
    .option(
      "--rejects <file>",
      "where rejected rows are written (default: SOURCE.rejects.csv here)",
    )
    .option("--flagged <file>", "write flagged orders to this file, each with why")
    .option("--dry-run", "read and check everything, and say what would be imported")
    .option("--no-wait", "do not wait until the pages can be found")
    .addHelpText(
      "after",
      examples(
        "mkt import ./olist --mapping fixtures/mappings/olist.yaml --dry-run",
        "mkt import ./olist --mapping fixtures/mappings/olist.yaml --flagged flagged.csv",
      ),
    )
    .action((directory, options) => runImport(directory, options, mkt));
}

async function runImport(directory: string, options: ImportOptions, mkt: Context): Promise<void> {
  const { mapping: file, dryRun = false, wait } = options;
  const mapping = parseHistoryMapping(
    await readYaml("mapping", file, "see fixtures/mappings"),
    file,
  );
  const actor = await mkt.actor("import");
  const stopping = mkt.stopping();
  const rejects = rowFile<RejectedRow>(options.rejects ?? `${mapping.source}.rejects.csv`, [
    "file",
    "line",
    "reason",
  ]);
  const flagged =
    options.flagged === undefined
      ? undefined
      : rowFile<FlaggedOrder>(options.flagged, ["externalId", "orderId", "flags", "reason"]);
  const bar = progressBar({
    stream: mkt.streams.stderr,
    terminal: mkt.messages,
    label: "reading",
    total: 0,
  });
  try {
    const report = await importHistory(
      {
        actor,
        directory,
        mapping,
        dryRun,
        wait,
        stopping,
        progress: (label, done, total) => bar.update(done, { label, total }),
        onRejected: rejects.add,
        onFlagged: async (orders) => flagged?.add(orders),
      },
      mkt.deps(),
    ).finally(() => bar.done());
    const rejectsFile = await rejects.finish();
    const flaggedFile = (await flagged?.finish()) ?? null;
    if (report.rejected > 0) mkt.setExitCode(ROWS_FAILED_EXIT);
    mkt.print({ ...report, rejectsFile, flaggedFile }, summary);
  } catch (error) {
    await discard(rejects, flagged);
    throw error;
  }
}

async function discard(...files: readonly (RowFile<never> | undefined)[]): Promise<void> {
  for (const file of files) await file?.discard();
}

type Printed = ImportReport & { rejectsFile: string | null; flaggedFile: string | null };

function summary(report: Printed): string {
  const { rows, made, alreadyThere, rejected, merged, dryRun, unsoldProducts } = report;
  const verb = dryRun ? "would be imported" : "imported";
  const read = Object.entries(rows).map(([table, count]) => `${count} ${table}`);
  const lines = [
    `read: ${read.join(", ")}`,
    `${verb}: ${made.purchases} purchases with ${made.orders} orders, ${made.users} users, ` +
      `${made.publications} publications, ${made.categories} categories`,
  ];
  if (alreadyThere > 0) lines.push(`there already: ${alreadyThere} purchases`);
  lines.push(
    ...Object.entries(report.totals).map(
      ([currency, { linesMinor, shippingMinor }]) =>
        `in all: ${report.lines} lines for ${formatMinor(linesMinor, currency)}, shipping ${formatMinor(shippingMinor, currency)}`,
    ),
    `the source's statuses: ${counts(report.statuses)}`,
    `states of orders: ${counts(report.states)}`,
  );
  if (merged > 0) lines.push(`rows that say the same twice: ${merged}`);
  if (unsoldProducts > 0) lines.push(`products that nobody bought, left out: ${unsoldProducts}`);
  if (report.flaggedPurchases > 0)
    lines.push(`flagged: ${report.flaggedPurchases} purchases (${counts(report.flagged)})`);
  if (report.flaggedFile) lines.push(`flagged orders, each with why: ${report.flaggedFile}`);
  if (rejected > 0)
    lines.push(`rejected: ${rejected} rows, with file, line and reason: ${report.rejectsFile}`);
  return lines.join("\n");
}

function counts(byName: Readonly<Record<string, number>>): string {
  const named = Object.entries(byName).map(([name, count]) => `${name} ${count}`);
  return named.join(", ") || "none";
}
