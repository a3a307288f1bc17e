import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import { readableRun } from "../../operations/bulk/read-runs.ts";
import { runnerOf } from "../../operations/bulk/resume-run.ts";
import { type UndoneRow, undoRun } from "../../operations/bulk/undo-run.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples } from "../parse.ts";
import { printRows } from "../print-rows.ts";
import { barOf } from "../run-rows.ts";
import { commandWithRows, rootOf, workOptions } from "../with-rows.ts";

const ROWS_FAILED_EXIT = 8;

const columns: readonly Column<UndoneRow>[] = [
  { key: "line", header: "LINE", kind: "number", value: ({ line }) => line },
  { key: "outcome", header: "OUTCOME", kind: "state", value: ({ outcome }) => outcome },
  { key: "subjectKind", header: "WHAT", value: ({ subjectKind }) => subjectKind },
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "code", header: "CODE", value: ({ code }) => code },
  { key: "reason", header: "REASON", value: ({ reason }) => reason },
];

export function registerBulkUndo(bulk: Command, mkt: Context): void {
  const { jobs } = workOptions();
  withColumns(bulk.command("undo"), columns)
    .summary("undo what a run did")
    .description(
      "Undo what a run did, its last row first, and list what was undone and what is kept, with the reason. Exit 8 when something that could be undone is kept because somebody changed it since; the same command again tries it again.",
    )
    .argument("<run>", "id, or the beginning of one")
    .option("--dry-run", "only say what would be undone")
    .addOption(jobs)
    .addHelpText(
      "after",
      examples("mkt bulk undo 0199c4f8 --dry-run", "mkt bulk undo 0199c4f8 -o csv > undone.csv"),
    )
    .action(async (text, { dryRun = false, jobs }) => {
      const deps = mkt.deps();
      const stopping = mkt.stopping();
      const actor = await mkt.actor("bulk undo");
      const run = await readableRun(actor, text, deps);
      const found = commandWithRows(rootOf(bulk), run.command);
      if (!found) throw new MktError("usage", `a run of mkt ${run.command} cannot be undone`);
      const behind = { actor, reason: mkt.options().reason };
      const runner = await runnerOf(run, behind, "bulk undo", deps);
      const bar = barOf(`undoing ${run.command}`, mkt);
      const counts = { undone: 0, kept: 0, refused: 0 };
      const request = { run, command: found.bulk, runner, dryRun, jobs, stopping };
      const counted = async function* () {
        for await (const row of undoRun(request, deps)) {
          counts[row.outcome] += 1;
          if (row.code !== null) counts.refused += 1;
          bar.update(counts.undone + counts.kept, { total: run.done, failures: counts.refused });
          yield row;
        }
      };
      try {
        await printRows(counted(), columns, mkt);
      } finally {
        bar.done();
      }
      const { undone, kept, refused } = counts;
      mkt.notice(`${dryRun ? "would be: " : ""}${undone} undone, ${kept} kept`);
      if (stopping.aborted) {
        throw new MktError("interrupted", `stopped after ${undone + kept} rows`, {
          hint: `mkt bulk undo ${run.id} goes on`,
        });
      }
      if (refused > 0) mkt.setExitCode(ROWS_FAILED_EXIT);
    });
}
