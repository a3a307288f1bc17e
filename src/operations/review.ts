import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { Review } from "../stores/aurora/reviews.ts";
import { projectNow } from "./project-now.ts";

export interface ReviewRequest {
  actor: Actor;
  order: string;
  lineNumber: number;
  conforms: boolean;
  rating: number;
  text: string;
}

/**
 * The buyer says whether what came is what was bought, line by line; the publication's rating and the order
 * follow. What does not conform is disputed while it can be, and recorded after that.
 */
export async function review(
  request: ReviewRequest,
  deps: Pick<
    Deps,
    | "lookup"
    | "orders"
    | "reviews"
    | "publications"
    | "pages"
    | "postings"
    | "vocabulary"
    | "notice"
    | "now"
  >,
): Promise<Review & { text: string; orderState: string; disputeId: string | null }> {
  const { actor, lineNumber, conforms, rating } = request;
  const orderId = await deps.lookup.resolve("order", request.order);
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${request.order}`);
  requireOneOf(actor, [order.buyerId], `order ${orderId}`);
  if (!Number.isInteger(rating) || rating < 1 || rating > 5) {
    throw new MktError("invalid", "a rating is a whole number from 1 to 5");
  }
  const text = checkText("text", request.text, 2_000, { multiline: true, empty: true });
  const written = await deps.reviews.write({
    orderId,
    lineNumber,
    authorId: actor.userId,
    conforms,
    rating,
    text,
    at: deps.now(),
  });
  const { orderState, disputeId, undisputed } = written;
  await projectNow([written.review.publicationId], deps);
  if (undisputed)
    deps.notice(
      `too late for a dispute (${undisputed}): the review stands, and support can still give money back; mkt payment list --order ${orderId} shows the payment`,
    );
  return { ...written.review, text, orderState, disputeId };
}
