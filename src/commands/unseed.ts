import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { listSeedRuns, type Unseeded, unseed } from "../operations/unseed.ts";
import { progressBar } from "../output/progress.ts";
import { confirm } from "../output/prompt.ts";
import type { Column } from "../output/table.ts";
import { withColumns } from "./columns.ts";
import { examples } from "./parse.ts";

type Run = Awaited<ReturnType<typeof listSeedRuns>>[number];

const number = (key: string, header: string): Column<Run> => ({
  key,
  header,
  kind: "number",
  value: ({ parameters }) => Number(parameters[key]),
});

const columns: readonly Column<Run>[] = [
  { key: "run", header: "RUN", value: ({ run }) => run },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  number("users", "USERS"),
  number("publications", "PUBLICATIONS"),
  number("orders", "ORDERS"),
  { key: "createdAt", header: "SEEDED", kind: "time", value: ({ createdAt }) => createdAt },
];

export function registerUnseed(program: Command, mkt: Context): void {
  withColumns(program.command("unseed"), columns)
    .summary("take a seeded world away")
    .description(
      "Delete exactly what mkt seed made in a run, in every store, and what was done since within it. " +
        "Refused, changing nothing, where anything else refers to it: an order by a real user, a question, a review. Leaves one audit row. For operators.",
    )
    .argument("[run]", "which one, as mkt seed named it")
    .option("--list", "show the runs that are there")
    .addHelpText(
      "after",
      examples("mkt unseed --list", "mkt unseed 42-a1b2c3", "mkt unseed 42-a1b2c3 --yes"),
    )
    .action(async (run, { list }) => {
      if (list) {
        const actor = await mkt.actor("unseed");
        mkt.printList({ items: await listSeedRuns({ actor }, mkt.deps()) }, columns);
        return;
      }
      if (run === undefined)
        throw new MktError("usage", "which run?", { hint: "mkt unseed --list shows them" });
      const actor = await mkt.actor("unseed");
      await askFirst(run, mkt);
      const bar = progressBar({
        stream: mkt.streams.stderr,
        terminal: mkt.messages,
        label: "going through DynamoDB",
        total: 0,
      });
      const progress = (items: number) => bar.update(items);
      const unseeded = await unseed({ actor, run, progress }, mkt.deps()).finally(bar.done);
      mkt.print(unseeded, unseededText);
    });
}

async function askFirst(run: string, mkt: Context): Promise<void> {
  const { stdin, stderr } = mkt.streams;
  const { input, yes } = mkt.options();
  const question = `Delete everything of run ${run} from the marketplace of profile ${mkt.config().profile.name}?`;
  if (await confirm(question, { stdin, stderr, input: input !== false, yes: yes === true })) return;
  throw new MktError("interrupted", "nothing was deleted");
}

function unseededText({ run, deleted, items }: Unseeded): string {
  const rows = Object.values(deleted).reduce((sum, count) => sum + count, 0);
  const { order = 0, publication = 0, user = 0 } = deleted;
  const what = `${user} users, ${publication} publications, ${order} orders`;
  return `Run ${run} is gone: ${what} (${rows} rows in Aurora, ${items} items in DynamoDB)`;
}
