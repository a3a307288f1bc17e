import { formatMinor } from "../../domain/money.ts";
import type { listPayments } from "../../operations/list-sales.ts";
import { block } from "../../output/story.ts";
import type { Listed } from "../order/story.ts";

type Payment = Listed<typeof listPayments>;
type Line = readonly [string, string];

/** What an undecided payment waits for, and until when; nothing once it is decided. */
export function nextStepLines(payment: Payment): Line[] {
  const { id, state, nextActionUrl, cardBrand, deadlineAt } = payment;
  if (state === "authorized") {
    return [
      ["next", `nothing is charged yet: its seller takes it with mkt payment capture ${id}`],
      ["until", deadlineAt],
    ];
  }
  if (!["created", "in_process"].includes(state)) return [];
  if (!nextActionUrl) return [["until", deadlineAt]];
  const isTicket = cardBrand === "ticket";
  const what = isTicket
    ? `pay the ticket by ${deadlineAt}; the order follows by itself, which may take days`
    : `one more step by ${deadlineAt}: open the link, then mkt payment confirm ${id}`;
  return [
    ["next", what],
    [isTicket ? "ticket" : "link", nextActionUrl],
  ];
}

/** A payment in a line, and below it what its buyer or seller is to do. */
export function paymentSentence(payment: Payment): string {
  const { id, orderId, state, amountMinor, currency, nextActionUrl } = payment;
  const amount = formatMinor(amountMinor, currency);
  const sentence = `Payment ${id} ${state.replaceAll("_", " ")}: ${amount} for order ${orderId}`;
  const lines = state === "authorized" || nextActionUrl ? nextStepLines(payment) : [];
  if (lines.length === 0) return sentence;
  return `${sentence}\n  ${block(lines).replaceAll("\n", "\n  ")}`;
}
