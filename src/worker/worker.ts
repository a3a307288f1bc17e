import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { work } from "../operations/run-stack.ts";

/** The hidden commands that the local stack starts itself with. */
export function registerWorker(program: Command, mkt: Context): void {
  program
    .command("worker", { hidden: true })
    .description("Run the local stack and its worker in this process until it is told to stop.")
    .action(async () => {
      const { stack } = mkt.ownDeps();
      await stack.run((stopping) => work(mkt.ownDeps(), stopping, mkt.notice));
    });

  program
    .command("graph-engine", { hidden: true })
    .description("Serve the local stack's graph from this process.")
    .action(() => mkt.ownDeps().stack.runGraph());
}
