import type { Posting } from "./postings.ts";

/** What must always hold, in the order in which it is checked: each law by its name, in one sentence. */
export const LAWS = {
  "stock-not-negative": "No publication has less than nothing in stock.",
  "stock-equals-movements":
    "A publication's stock is the sum of its movements, and an order line's are what its order makes of them.",
  "sold-units-match-orders":
    "A publication has sold what stands in orders that were paid and not cancelled.",
  "ratings-match-reviews": "A publication's rating is that of its reviews.",
  "totals-add-up":
    "An order's total is its lines and its shipping, in the one currency of its purchase.",
  "money-matches-state":
    "An order that counts as paid holds the one payment of its total; every other captured payment is granted back.",
  "refunds-within-captured":
    "No payment gives back more than it captured, and its state says how much it gave back.",
  "refunds-arrive": "No refund has failed, and none waits to be sent for more than an hour.",
  "ledger-balances":
    "Every posting of the ledger sums to zero, and the ledger says what payments and refunds say.",
  "one-open-payment": "No order has two payments that can take the buyer's money.",
  "paid-has-shipment": "Every order that was paid and not cancelled has a shipment.",
  "legal-states":
    "The history of everything is made of steps in the table of transitions, and leads to its state.",
  "states-agree": "An order, its shipments and its disputes tell the same story.",
  "timers-on-time": "No timer is overdue by more than an hour.",
  "reviews-after-delivery":
    "Reviews are written by the buyer, after delivery, one a line of the order.",
  "positions-are-dense":
    "Positions in the event log run from 1 without a gap, within one thing in its order, and the relay is not ahead.",
  "revisions-follow-events":
    "The events of a thing count its revisions from 1, and its row has the last one.",
  "webhooks-acted-on": "Every webhook that was received is acted on within an hour.",
  "pages-match-rows":
    "Every page says what its publication's row says, and no page is without one.",
  "postings-match-pages":
    "Every word of a page that can be found has its posting, and every posting its page.",
  "questions-are-listed":
    "Every question is listed where its state says, and in the event log within an hour.",
  "images-are-whole": "Every image of a page is in S3, and hashes to its name.",
} as const;

export type LawName = keyof typeof LAWS;

/** What can be mended without anybody's decision, and how a plan says it. */
export const REPAIRS = {
  "expire-reservation": "let the reservation expire and give its stock back",
  "request-refund": "request the refund again and send it",
  "send-refund": "send the refund to the payment provider",
  "act-on-webhook": "ask the provider about it again",
  "rewrite-page": "write the page and its postings again",
  "remove-page": "remove the page",
  "remove-postings": "remove the postings that its page does not count",
  "copy-questions": "copy the question into the event log",
} as const;

export type RepairName = keyof typeof REPAIRS;

/** What names one posting of the word index. */
type PostingName = Pick<Posting, "list" | "impact" | "publicationId" | "indexedRevision">;

/** One thing that breaks a law, and what mends it if that is safe. */
export interface Fault {
  law: LawName;
  /** What kind of thing `id` names. */
  kind: string;
  id: string;
  orderId?: string;
  problem: string;
  repair: RepairName | null;
  /** The postings that its repair removes. */
  postings?: readonly PostingName[];
}
