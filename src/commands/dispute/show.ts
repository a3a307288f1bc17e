import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { formatMinor } from "../../domain/money.ts";
import { type DisputeStory, showDispute } from "../../operations/list-disputes.ts";
import { block } from "../../output/story.ts";
import { disputeLines, transitionLines } from "../order/story.ts";
import { examples } from "../parse.ts";

export function registerDisputeShow(dispute: Command, mkt: Context): void {
  dispute
    .command("show")
    .description(
      "Show a dispute: what was said on both sides, the reviews of its lines, the order's money.",
    )
    .argument("<dispute>", "its id or its order's, or the beginning of one")
    .addHelpText("after", examples("mkt dispute show 0199c4f8"))
    .action(async (text) => {
      const actor = await mkt.actor("dispute show");
      mkt.print(await showDispute({ actor, dispute: text }, mkt.deps()), disputeBlock);
    });
}

function disputeBlock(story: DisputeStory): string {
  const { order, money } = story;
  const amount = (minor: number) => formatMinor(minor, money.currency);
  return block([
    ...disputeLines(story, money.currency),
    ["opened by", who(story.openedBy, order)],
    ...(story.resolvedBy ? [["resolved by", who(story.resolvedBy, order)] as const] : []),
    ["buyer", order.buyerId],
    ["seller", order.sellerId ?? "nobody"],
    ["order", `${order.id} ${order.state.replaceAll("_", " ")}`],
    ...(order.flags.length > 0 ? [["flags", order.flags.join(", ")] as const] : []),
    ["delivered", order.deliveredAt ?? "not yet"],
    ["total", amount(money.totalMinor)],
    ["captured", amount(money.capturedMinor)],
    ["granted back", `${amount(money.grantedMinor)}, ${amount(money.leftMinor)} left`],
    ...(money.chargeback ? [["chargeback", money.chargeback] as const] : []),
    ...story.lines.map(({ lineNumber, quantity, unitPriceMinor, publicationId, review }) => {
      const said = review
        ? `: ${review.rating} of 5, ${review.conforms ? "conforms" : "does not conform"}${review.text ? `: ${review.text}` : ""}`
        : "";
      const what = `${quantity} × ${publicationId} at ${amount(unitPriceMinor)}${said}`;
      return [`line ${lineNumber}`, what] as const;
    }),
    ...transitionLines(story.transitions),
  ]);
}

/** Whoever acted, by what they are to the order. */
function who(actor: string, { buyerId, sellerId }: DisputeStory["order"]): string {
  if (actor === `user:${buyerId}`) return "the buyer";
  if (actor === `user:${sellerId}`) return "the seller";
  return actor.startsWith("user:") ? `support (${actor})` : "the buyer's bank";
}
