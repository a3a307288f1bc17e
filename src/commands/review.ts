import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { planReview, review } from "../operations/review.ts";
import { examples, positiveInteger, wholeNumber } from "./parse.ts";
import { withRows } from "./with-rows.ts";

interface Row {
  order: string;
  line: number;
  conforms?: boolean;
  notConforms?: boolean;
  rating: number;
  text: string;
}

const request = ({ line: lineNumber, conforms, notConforms, ...row }: Row) => {
  // A row can also say no to either.
  const said = [conforms, notConforms === undefined ? undefined : !notConforms];
  const [verdict, other] = said.filter((one) => one !== undefined);
  if (verdict === undefined || (other !== undefined && other !== verdict))
    throw new MktError("usage", "say either --conforms or --not-conforms");
  return { ...row, lineNumber, conforms: verdict };
};

const bulk: BulkCommand<Row, Awaited<ReturnType<typeof review>>> = {
  name: "review",
  plan: async (row, { actor }, deps) => {
    const { order, orderState } = await planReview({ actor, ...request(row) }, deps);
    const isMoved = order.state !== orderState;
    return {
      subjectKind: "review",
      subjectId: null,
      from: null,
      to: "written",
      summary: `${row.rating} of 5; order ${order.id} ${isMoved ? "becomes" : "stays"} ${orderState}`,
    };
  },
  apply: async (row, { actor, again }, deps) => {
    const written = await review({ actor, ...request(row), again }, deps);
    return {
      subjectKind: "review",
      subjectId: written.id,
      state: written.orderState,
      value: written,
    };
  },
  undo: "a review stands: the order and the publication's rating follow it",
};

export function registerReview(program: Command, mkt: Context): void {
  const command = program
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
        "mkt review --from reviews.csv --dry-run",
      ),
    );
  withRows(
    command,
    bulk,
    mkt,
    ({ id, rating, orderState, disputeId }) =>
      `Reviewed: ${rating} of 5 (review ${id}); the order is ${orderState}${disputeId ? ` (dispute ${disputeId})` : ""}`,
  );
}
