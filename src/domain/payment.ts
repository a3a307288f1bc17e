/** States in which a payment can still take the buyer's money: an order has at most one of these. */
export const OPEN_PAYMENT_STATES = ["created", "in_process", "authorized", "approved"] as const;

/** States in which the provider has yet to decide, or the buyer to be charged. */
export const UNDECIDED_PAYMENT_STATES = ["created", "in_process", "authorized"] as const;

/** States of a payment whose money the provider took, whatever became of it since. */
export const CAPTURED_PAYMENT_STATES = [
  "approved",
  "partially_refunded",
  "refunded",
  "in_mediation",
  "charged_back",
] as const;

/** States in which the provider can give money back. */
export const REFUNDABLE_PAYMENT_STATES = [
  "approved",
  "partially_refunded",
  "in_mediation",
] as const;

/** The key by which the provider knows an attempt at a refund: its row's id, numbered from the second on. */
export function refundKey({ id, attempt }: { id: string; attempt: number }): string {
  return attempt === 1 ? id : `${id}-${attempt}`;
}

/** The refund's id and the attempt that a key stands for. */
export function parseRefundKey(key: string): { id: string; attempt: number } {
  return { id: key.slice(0, 36), attempt: Number(key.slice(37) || 1) };
}
