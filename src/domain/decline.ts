/** A provider's reasons to decline a payment: what they mean, and what its buyer can do. */
const DECLINES: Readonly<Record<string, { means: string; advice: string }>> = {
  insufficient_funds: { means: "insufficient funds", advice: "try another card" },
  card_declined: { means: "the bank declined the card", advice: "try another card" },
  expired_card: { means: "the card has expired", advice: "try a card that is still valid" },
  bad_security_code: {
    means: "the security code is wrong",
    advice: "enter the card again with the right code, or try another",
  },
  high_risk: {
    means: "the provider takes it for too risky",
    advice: "this card is declined again, so try another card or a ticket",
  },
  call_for_authorize: {
    means: "the bank wants to be called first",
    advice: "call the bank, then try this card again",
  },
};

/** A reason to decline in words, and the advice that follows from it. */
export function explainDecline(reason: string | null): { means: string; advice: string } {
  const means = (reason ?? "no reason given").replaceAll("_", " ");
  return DECLINES[reason ?? ""] ?? { means, advice: "try another card" };
}
