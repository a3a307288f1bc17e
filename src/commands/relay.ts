import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { relayAs } from "../operations/relay-as.ts";
import { progressBar } from "../output/progress.ts";
import { examples, positiveInteger } from "./parse.ts";

export function registerRelay(program: Command, mkt: Context): void {
  program
    .command("relay")
    .summary("bring DynamoDB up to date")
    .description(
      "Apply what is pending once and leave. The worker of the local stack does this by itself. For operators.",
    )
    .option("--reindex", "write every page and its postings again")
    .option(
      "--retry <event>",
      "apply an event that was set aside, and those behind it",
      positiveInteger,
    )
    .option(
      "--skip <event>",
      "leave out an event that was set aside, and apply those behind it",
      positiveInteger,
    )
    .addHelpText("after", examples("mkt relay", "mkt relay --reindex", "mkt relay --retry 4711"))
    .action(async ({ reindex, retry, skip }) => {
      if ([reindex, retry, skip].filter((option) => option !== undefined).length > 1) {
        throw new MktError("usage", "--reindex, --retry and --skip exclude each other");
      }
      const actor = await mkt.actor("relay");
      const bar = progressBar({
        stream: mkt.streams.stderr,
        terminal: mkt.messages,
        label: "relaying",
        total: 0,
      });
      const progress = (done: number, total: number) => bar.update(done, { total });
      const report = await relayAs(
        { actor, reindex: reindex === true, retry, skip, progress },
        mkt.deps(),
      ).finally(() => bar.done());
      mkt.print(report, ({ applied, position, setAside }) =>
        [
          `Applied ${applied} events, up to position ${position}`,
          ...setAside.map(({ eventId, error }) => `set aside: event ${eventId}: ${error}`),
        ].join("\n"),
      );
    });
}
