import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { statesOf } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import { awaitOrder, showOrder } from "../../operations/show-order.ts";
import { duration, examples } from "../parse.ts";
import { storyBlock } from "./story.ts";

export function registerOrderShow(order: Command, mkt: Context): void {
  order
    .command("show")
    .description(
      "Show an order's whole story: lines, money, payment, shipment, questions, review, every state.",
    )
    .argument("<order>", "id, or the beginning of one")
    .option(
      "--wait-for <states>",
      "first wait until it is in one of these states, separated by commas",
    )
    .option("--timeout <time>", "how long to wait (default: 30s)", duration)
    .addHelpText(
      "after",
      examples(
        "mkt order show 0199c4f8",
        "mkt order show 0199c4f8 --wait-for delivered,not_delivered --json",
      ),
    )
    .action(async (text, { waitFor, timeout: timeoutMs = 30_000 }) => {
      const actor = await mkt.actor("order show");
      const want = { actor, order: text };
      if (waitFor) await awaitOrder({ ...want, states: states(waitFor), timeoutMs }, mkt.deps());
      mkt.print(await showOrder(want, mkt.deps()), storyBlock);
    });
}

/** States of an order, separated by commas. Throws `usage` for one that there is not. */
export function states(text: string): string[] {
  const known = statesOf("order");
  const wanted = text.split(",").map((state) => state.trim());
  const unknown = wanted.find((state) => !known.includes(state));
  if (unknown === undefined) return wanted;
  throw new MktError("usage", `an order is never ${JSON.stringify(unknown)}`, {
    hint: `its states: ${known.join(", ")}`,
  });
}
