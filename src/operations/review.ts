import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import type { Order } from "../domain/order.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { NewReview, Review } from "../stores/aurora/reviews.ts";
import { projectNow } from "./project-now.ts";

export interface ReviewRequest {
  actor: Actor;
  order: string;
  lineNumber: number;
  conforms: boolean;
  rating: number;
  text: string;
}

type ReviewDeps = Pick<Deps, "lookup" | "orders" | "reviews" | "now">;

/** A review with its text, and what became of its order. */
export interface WrittenReview extends Review {
  text: string;
  orderState: string;
  disputeId: string | null;
}

/**
 * The buyer says whether what came is what was bought, line by line; the publication's rating and the order
 * follow. What does not conform is disputed while it can be, and recorded after that. With `again` the review
 * that says the same of the line is the one that it wrote before.
 */
export async function review(
  { again = false, ...request }: ReviewRequest & { again?: boolean },
  deps: ReviewDeps & Pick<Deps, "publications" | "pages" | "postings" | "vocabulary" | "notice">,
): Promise<WrittenReview> {
  const { order, want } = await checkReview(request, deps);
  const before = again ? await reviewBefore(order, want, deps) : undefined;
  if (before) return before;
  const written = await deps.reviews.write(want);
  const { orderState, disputeId, undisputed } = written;
  await projectNow([written.review.publicationId], deps);
  if (undisputed)
    deps.notice(
      `too late for a dispute (${undisputed}): the review stands, and support can still give money back; mkt payment list --order ${order.id} shows the payment`,
    );
  return { ...written.review, text: want.text, orderState, disputeId };
}

/** What a review would make of its order; throws what `review` would throw. */
export async function planReview(
  request: ReviewRequest,
  deps: ReviewDeps & Pick<Deps, "rehearse">,
): Promise<{ order: Order; orderState: string }> {
  const { order, want } = await checkReview(request, deps);
  const { orderState } = await deps.rehearse(({ reviews }) => reviews.write(want));
  return { order, orderState };
}

async function checkReview(
  { actor, order: typed, lineNumber, conforms, rating, text: written }: ReviewRequest,
  deps: ReviewDeps,
): Promise<{ order: Order; want: NewReview }> {
  const orderId = await deps.lookup.resolve("order", typed);
  const order = await deps.orders.find(orderId);
  if (!order) throw new MktError("not_found", `there is no order ${typed}`);
  requireOneOf(actor, [order.buyerId], `order ${orderId}`);
  if (!Number.isInteger(rating) || rating < 1 || rating > 5) {
    throw new MktError("invalid", "a rating is a whole number from 1 to 5");
  }
  const text = checkText("text", written, 2_000, { multiline: true, empty: true });
  const authorId = actor.userId;
  const at = deps.now();
  return { order, want: { orderId, lineNumber, authorId, conforms, rating, text, at } };
}

async function reviewBefore(
  { id, state, lines }: Order,
  { lineNumber, conforms, rating, text }: NewReview,
  { reviews }: Pick<Deps, "reviews">,
): Promise<WrittenReview | undefined> {
  const line = lines.find((one) => one.lineNumber === lineNumber);
  const there = (await reviews.ofOrder(id)).find(({ orderLineId }) => orderLineId === line?.id);
  const isSame = there?.conforms === conforms && there.rating === rating && there.text === text;
  return there && isSame ? { ...there, orderState: state, disputeId: null } : undefined;
}
