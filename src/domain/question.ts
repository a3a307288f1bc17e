export type QuestionState = "unanswered" | "answered" | "deleted" | "closed_unanswered";

/** One question of one publication: it stands in the page, both inboxes and the outbox at once. */
export interface Question {
  id: string;
  publicationId: string;
  sellerId: string;
  askerId: string;
  text: string;
  state: QuestionState;
  answer: string | null;
  askedAt: string;
  answeredAt: string | null;
  /** Counts what happened to it; reading it is nothing that happens to it. */
  version: number;
  sellerReadAt: string | null;
  askerReadAt: string | null;
}
