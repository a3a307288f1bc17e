/** States in which a payment can still take the buyer's money: an order has at most one of these. */
export const OPEN_PAYMENT_STATES = ["created", "in_process", "authorized", "approved"] as const;

/** States in which the provider has yet to decide, or the buyer to be charged. */
export const UNDECIDED_PAYMENT_STATES = ["created", "in_process", "authorized"] as const;

/** States in which a payment's money is with the marketplace, less its refunds. */
export const CAPTURED_PAYMENT_STATES = [
  "approved",
  "partially_refunded",
  "refunded",
  "in_mediation",
] as const;
