import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { type ListedRun, listRuns, RUN_STATES } from "../../operations/bulk/read-runs.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples, limit } from "../parse.ts";

const columns: readonly Column<ListedRun>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "command", header: "COMMAND", value: ({ command }) => command },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  { key: "rows", header: "ROWS", kind: "number", value: ({ total }) => total },
  { key: "done", header: "DONE", kind: "number", value: ({ done }) => done },
  { key: "failed", header: "FAILED", kind: "number", value: ({ failed }) => failed },
  { key: "input", header: "FILE", value: ({ inputName }) => inputName },
  { key: "actor", header: "WHOSE", value: ({ actorEmail }) => actorEmail },
  { key: "createdAt", header: "BEGUN", kind: "time", value: ({ createdAt }) => createdAt },
  {
    key: "changedAt",
    header: "LAST CHANGE",
    kind: "time",
    wide: true,
    value: ({ changedAt }) => changedAt,
  },
];

export function registerBulkList(bulk: Command, mkt: Context): void {
  withColumns(bulk.command("list"), columns)
    .description("List runs over the rows of files, newest first: yours, or all for operators.")
    .addOption(new Option("--state <state>", "only in this state").choices(RUN_STATES))
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText("after", examples("mkt bulk list", "mkt bulk list --state interrupted"))
    .action(async (options) => {
      const actor = await mkt.actor("bulk list");
      mkt.printList(await listRuns({ actor, ...options }, mkt.deps()), columns);
    });
}
