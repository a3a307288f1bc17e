import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import { watchOrder } from "../../operations/watch-order.ts";
import { renderValue } from "../../output/formats.ts";
import { safeLine } from "../../output/safe-text.ts";
import { duration, examples } from "../parse.ts";
import { states } from "./show.ts";
import { transitionLine } from "./story.ts";

export function registerOrderWatch(order: Command, mkt: Context): void {
  order
    .command("watch")
    .description(
      "Follow one order: its history, then every transition of it and of its payments, refunds, shipments and " +
        "disputes as it happens, until it is complete or over. Ctrl-C stops it.",
    )
    .argument("<order>", "id, or the beginning of one")
    .option("--until <states>", "stop in one of these states, separated by commas")
    .option("--timeout <time>", "how long to follow it (default: as long as it takes)", duration)
    .addHelpText(
      "after",
      examples(
        "mkt order watch 0199c4f8",
        "mkt order watch 0199c4f8 --until delivered,not_delivered --timeout 10m",
        "mkt order watch 0199c4f8 -o ndjson",
      ),
    )
    .action(async (text, { until, timeout: timeoutMs }) => {
      const actor = await mkt.actor("order watch");
      const stopping = mkt.stopping();
      const wanted = until ? states(until) : [];
      const want = { actor, order: text, until: wanted, timeoutMs, stopping };
      const asLines = mkt.format() === "table" || mkt.format() === "wide";
      for await (const row of watchOrder(want, mkt.deps())) {
        const line = asLines ? `${safeLine(transitionLine(row))}\n` : renderValue("ndjson", row);
        mkt.streams.stdout.write(line);
      }
      // Whoever waits for a state must not take being stopped for having seen it.
      if (stopping.aborted && wanted.length > 0) {
        throw new MktError("interrupted", `stopped before the order was ${wanted.join(" or ")}`, {
          hint: `mkt order watch ${text} --until ${wanted.join(",")}`,
        });
      }
    });
}
