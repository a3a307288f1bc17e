import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { type EnteredState, watchStates } from "../operations/watch-states.ts";
import { renderValue } from "../output/formats.ts";
import { states } from "./order/show.ts";
import { examples, positiveInteger, time } from "./parse.ts";
import { programRunner } from "./run-program.ts";

const JOBS_MAX = 64;

export function registerWatch(program: Command, mkt: Context): void {
  program
    .command("watch")
    .summary("run a command for each order that enters a state")
    .description(
      "Run a command for each order that enters a state, from now on. The order's id is its last argument; " +
        "MKT_ORDER_ID, MKT_ORDER_STATE and MKT_EVENT_POSITION are in its environment. No shell is involved.\n" +
        "A command that fails is counted and not repeated; exit 8 when any did. With --cursor a restart goes on " +
        "where it stopped: each order at least once, twice when the process was killed in the middle.\n" +
        "Ctrl-C lets the running commands end. For staff.",
    )
    .argument("[arguments...]", "fixed arguments of the command, after --")
    .requiredOption("--state <states>", "states of orders, separated by commas", states)
    .option("--exec <command>", "one executable; without it the orders are printed")
    .option("--since <position>", "begin after this position of the log, or at this time", start)
    .option("--imported", "also orders that were imported or seeded with their history")
    .option("--jobs <n>", "at most so many commands at once", jobs, 1)
    .option("--limit <n>", "stop after so many orders", positiveInteger)
    .option(
      "--cursor <name>",
      "keep under this name how far it came; --since counts the first time",
    )
    .addHelpText(
      "after",
      examples(
        "mkt watch --state paid --exec ./print-label.sh --cursor labels",
        "mkt watch --state shipped,delivered --exec node --jobs 4 -- notify.js --quietly",
        "mkt watch --state disputed --since 2026-11-01 --limit 10 -o ndjson",
      ),
    )
    .action(async (fixed, options) => {
      const {
        state,
        exec,
        since,
        imported = false,
        jobs: atOnce,
        limit = Infinity,
        cursor,
      } = options;
      if (exec === undefined && fixed.length > 0) {
        throw new MktError("usage", "arguments are for the command that --exec names", {
          hint: "mkt watch --state paid --exec COMMAND -- ARGUMENT",
        });
      }
      const actor = await mkt.actor("watch");
      const stopping = mkt.stopping();
      const runner = exec === undefined ? undefined : programRunner([exec, ...fixed], mkt);
      let failed = 0;
      const work = async (entered: EnteredState): Promise<void> => {
        if (!runner) return printEntered(entered, mkt);
        const problem = await runner.run(entered.orderId, environmentOf(entered, mkt));
        if (problem === undefined) return;
        failed += 1;
        mkt.notice(`order ${entered.orderId} (${entered.state}): ${exec} ${problem}`);
      };
      const want = {
        actor,
        states: state,
        since,
        cursor,
        imported,
        jobs: atOnce,
        limit,
        stopping,
      };
      const count = await watchStates(want, work, mkt.deps()).finally(() => runner?.close());
      if (failed === 0) return;
      throw new MktError("rows_failed", `${exec} failed for ${failed} of ${count} orders`);
    });
}

/** A position in the log, or a time. */
function start(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : time(text);
}

function jobs(text: string): number {
  const number = positiveInteger(text);
  if (number <= JOBS_MAX) return number;
  throw new InvalidArgumentError(`at most ${JOBS_MAX}.`);
}

function environmentOf(
  { orderId, state, position }: EnteredState,
  mkt: Context,
): Record<string, string> {
  return {
    // An mkt that it runs is to find the same marketplace.
    MKT_PROFILE: mkt.config().profile.name,
    MKT_ORDER_ID: orderId,
    MKT_ORDER_STATE: state,
    MKT_EVENT_POSITION: String(position),
  };
}

function printEntered(entered: EnteredState, mkt: Context): void {
  const { position, at, orderId, state } = entered;
  const asLines = mkt.format() === "table" || mkt.format() === "wide";
  mkt.streams.stdout.write(
    asLines ? `${position} ${at} ${orderId} ${state}\n` : renderValue("ndjson", entered),
  );
}
