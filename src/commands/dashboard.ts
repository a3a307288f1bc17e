import type { Command, CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { examples, limit } from "./parse.ts";

const SNAPSHOT_ROWS = 20;

export function registerDashboard(program: Command, mkt: Context): void {
  program
    .command("dashboard")
    .summary("watch the marketplace live, and act on its orders")
    .description(
      "A live board of orders and their queues: what is stuck stands out, an order's whole story beside it, and " +
        "what can be done about it a key away. ? shows every key, q quits.\n" +
        "Without a terminal, with --once or --json, it prints one screen as it stands and leaves. " +
        "ACCESSIBLE=1 or INK_SCREEN_READER=true reads it out line by line. For staff.",
    )
    .argument("[screen]", "where to begin: orders, questions, payments… (default: orders)")
    .option("--once", "print the screen once, as text, and leave")
    .option("--limit <n>", "rows of its list with --once", limit, SNAPSHOT_ROWS)
    .addHelpText(
      "after",
      examples("mkt dashboard", "mkt dashboard --once", "mkt dashboard orders --json --limit 100"),
    )
    .action(async (screen, { once = false, limit: rows }) => {
      const actor = await mkt.actor("dashboard");
      const isSeen = mkt.terminal.isTerminal && mkt.streams.stdin.isTTY === true;
      if (once || !isSeen || mkt.format() !== "table") {
        const { takeSnapshot } = await import("../tui/snapshot.ts");
        const { snapshot, text } = await takeSnapshot(
          { screen, limit: rows },
          { deps: mkt.deps(), actor },
        );
        mkt.print(snapshot, () => text(mkt.terminal.columns));
        return;
      }
      const { runDashboard } = await import("../tui/dashboard.ts");
      mkt.setExitCode(await runDashboard(mkt, { actor, screen, commands: commandsOf(program) }));
    });
}

/** Every command by its path, with what it does. */
function commandsOf(command: CommandUnknownOpts, path = ""): { path: string; summary: string }[] {
  return command.commands.flatMap((sub) => {
    const whole = `${path} ${sub.name()}`.trim();
    if (sub.commands.length > 0) return commandsOf(sub, whole);
    return [{ path: whole, summary: sub.summary() || (sub.description().split("\n")[0] ?? "") }];
  });
}
