import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import {
  type ListedRow,
  listRunRows,
  ROW_STATES,
  type ShownRun,
  showRun,
} from "../../operations/bulk/read-runs.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples, limit } from "../parse.ts";
import { countsText } from "../run-rows.ts";

const rowColumns: readonly Column<ListedRow>[] = [
  { key: "line", header: "LINE", kind: "number", value: ({ line }) => line },
  { key: "outcome", header: "OUTCOME", kind: "state", value: ({ outcome }) => outcome },
  { key: "subjectKind", header: "WHAT", value: ({ subjectKind }) => subjectKind },
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  { key: "code", header: "CODE", value: ({ code }) => code },
  { key: "reason", header: "REASON", value: ({ reason }) => reason },
];

export function registerBulkShow(bulk: Command, mkt: Context): void {
  withColumns(bulk.command("show"), [], { "--rows": rowColumns })
    .description(
      "Show a run: how many rows came to what, and the first that failed. For whoever began it, and operators.",
    )
    .argument("<run>", "id, or the beginning of one")
    .option("--rows", "list what became of each row, by line")
    .addOption(new Option("--state <state>", "of --rows: only these").choices(ROW_STATES))
    .option("--limit <n>", "of --rows: at most so many", limit, 50)
    .option("--page-token <token>", "of --rows: go on after a page")
    .addHelpText(
      "after",
      examples("mkt bulk show 0199c4f8", "mkt bulk show 0199c4f8 --rows --state failed -o csv"),
    )
    .action(async (run, { rows, ...page }) => {
      const actor = await mkt.actor("bulk show");
      if (rows) {
        mkt.printList(await listRunRows({ actor, run, ...page }, mkt.deps()), rowColumns);
        return;
      }
      mkt.print(await showRun({ actor, run }, mkt.deps()), textOf);
    });
}

function textOf(run: ShownRun): string {
  const { runId, command, state, inputName, createdAt, failed, failures } = run;
  const more = failed - failures.length;
  return [
    `mkt ${command} over ${inputName}, run ${runId}: ${state}, begun ${createdAt}`,
    countsText(run),
    ...failures.map(({ line, code, reason }) => `line ${line}: ${code}, ${reason}`),
    ...(more > 0 ? [`and ${more} more: mkt bulk show ${runId} --rows --state failed`] : []),
    ...(state === "interrupted" || failed > 0
      ? [`mkt bulk resume ${runId} does what is not done, and tries again what failed`]
      : []),
  ].join("\n");
}
