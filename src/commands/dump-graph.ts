import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { dumpGraph } from "../operations/dump-graph.ts";
import { progressBar } from "../output/progress.ts";
import { block } from "../output/story.ts";
import { examples } from "./parse.ts";

export function registerDumpGraph(program: Command, mkt: Context): void {
  program
    .command("dump-graph")
    .summary("dump everything to Neptune as a graph")
    .description(
      "Write Neptune bulk-loader CSV and a manifest to S3, load the graph, and count both sides.\n" +
        "Exit 9 when the counts differ. For operators and analysts.",
    )
    .option("--no-load", "only write the files")
    .addHelpText("after", examples("mkt dump-graph", "mkt dump-graph --no-load --json"))
    .action(async ({ load }) => {
      const actor = await mkt.actor("dump-graph");
      const { stderr: stream } = mkt.streams;
      const bar = progressBar({ stream, terminal: mkt.messages, label: "writing", total: 0 });
      const progress = (label: string, done: number, total: number) =>
        bar.update(done, { label, total });
      const dump = await dumpGraph({ actor, load, progress }, mkt.deps()).finally(() => bar.done());
      mkt.print(dump, ({ manifestKey, position, vertices, edges }) =>
        block([
          ["manifest", manifestKey],
          ["position", String(position)],
          ...counts("vertices", vertices),
          ...counts("edges", edges),
        ]),
      );
    });
}

function counts(what: string, byLabel: Readonly<Record<string, number>>): [string, string][] {
  return Object.entries(byLabel).map(([label, count], index) => [
    index === 0 ? what : "",
    `${label} ${count}`,
  ]);
}
