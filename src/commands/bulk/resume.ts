import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import { openInput } from "../../input/open-input.ts";
import { readableRun } from "../../operations/bulk/read-runs.ts";
import { optionsOf, resumeRun, runnerOf } from "../../operations/bulk/resume-run.ts";
import { examples } from "../parse.ts";
import { rowReader } from "../row-values.ts";
import { barOf, endRows, requireWritable, sourceOf } from "../run-rows.ts";
import { commandWithRows, rootOf, workOptions } from "../with-rows.ts";

export function registerBulkResume(bulk: Command, mkt: Context): void {
  const { onError, jobs, results } = workOptions();
  bulk
    .command("resume")
    .summary("go on with a run")
    .description(
      "Go on with a run that was cut off: rows that are not done, and those that failed. What is done stays done. The same command on the same file goes on, too.",
    )
    .argument("<run>", "id, or the beginning of one")
    .option("--from <file>", "where the same file is now; - is stdin")
    .addOption(onError)
    .addOption(jobs)
    .addOption(results)
    .addHelpText(
      "after",
      examples("mkt bulk resume 0199c4f8", "mkt bulk resume 0199c4f8 --from moved/today.csv"),
    )
    .action(async (text, { from, onError, jobs, results }) => {
      const stopping = mkt.stopping();
      const deps = mkt.deps();
      const actor = await mkt.actor("bulk resume");
      const run = await readableRun(actor, text, deps);
      const given = optionsOf(run);
      const file = from ?? given.path;
      if (file === null) {
        throw new MktError("usage", "the rows of the run came from a pipe", {
          hint: `mkt bulk resume ${run.id} --from FILE, or --from - with the same rows again`,
        });
      }
      const found = commandWithRows(rootOf(bulk), run.command);
      if (!found) throw new MktError("usage", `mkt ${run.command} has no rows to go on with`);
      await using opened = await openInput(file, { stdin: mkt.streams.stdin, stopping });
      const resultsFile = results ?? given.results;
      await requireWritable(resultsFile);
      const input = sourceOf(opened, given.format);
      const behind = { actor, reason: mkt.options().reason };
      const bar = barOf(run.command, mkt);
      const report = await resumeRun(
        run,
        {
          command: found.bulk,
          input,
          reader: rowReader(found.columns, found.bulk, given.given, opened.name),
          runner: await runnerOf(run, behind, "bulk resume", deps),
          jobs,
          onError,
          stopping,
          progress: (lines, total, failures) => bar.update(lines, { total, failures }),
        },
        deps,
      ).finally(() => bar.done());
      await endRows({ report, input, resultsFile, secret: found.bulk.secret ?? [] }, mkt);
    });
}
