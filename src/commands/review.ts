import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { review } from "../operations/review.ts";
import { examples, positiveInteger, wholeNumber } from "./parse.ts";

export function registerReview(program: Command, mkt: Context): void {
  program
    .command("review")
    .summary("review what was delivered")
    .description(
      "Say whether what came is what was bought; once for each line, after delivery. What does not conform opens a dispute.",
    )
    .argument("<order>", "id, or the beginning of one")
    .option("--line <n>", "which line of the order", positiveInteger, 1)
    .option("--conforms", "it is what was bought")
    .option("--not-conforms", "it is not: the order becomes disputed")
    .requiredOption("--rating <n>", "1 to 5", wholeNumber)
    .option("--text <text>", "in words", "")
    .addHelpText(
      "after",
      examples(
        'mkt review 0199c4f8 --conforms --rating 5 --text "Just as described" --as beto@example.com',
        'mkt review 0199c4f8 --line 2 --not-conforms --rating 1 --text "Pine, not oak"',
      ),
    )
    .action(async (order, { line: lineNumber, conforms, notConforms, rating, text }) => {
      if ((conforms === true) === (notConforms === true)) {
        throw new MktError("usage", "say either --conforms or --not-conforms");
      }
      const actor = await mkt.actor("review");
      const written = await review(
        { actor, order, lineNumber, conforms: conforms === true, rating, text },
        mkt.deps(),
      );
      mkt.print(
        written,
        ({ id, orderState, disputeId }) =>
          `Reviewed: ${rating} of 5 (review ${id}); the order is ${orderState}${disputeId ? ` (dispute ${disputeId})` : ""}`,
      );
    });
}
