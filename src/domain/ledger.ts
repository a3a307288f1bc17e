// What each posting of the ledger moves from account to account. Debits are positive; each posting sums
// to zero, which the database checks.

/** In the order in which a posting's entries are written. */
export const LEDGER_ACCOUNTS = ["cash", "seller", "fee", "refund", "chargeback", "loss"] as const;
export type LedgerAccount = (typeof LEDGER_ACCOUNTS)[number];

/** What a posting can be of. */
export const LEDGER_KINDS = [
  "captured",
  "captured_late",
  "refund_requested",
  "refunded",
  "charged_back",
  "chargeback_won",
  "chargeback_settled",
] as const;

/** What each account gains, in minor units; zeros and accounts that are left out get no entry. */
export type LedgerAmounts = Partial<Record<LedgerAccount, number>>;

/** The provider took a payment's amount: owed to the seller less the fee, or to the buyer when it came late. */
export function captureAmounts(
  { amountMinor, late }: { amountMinor: number; late: boolean },
  feeMinor: number,
): LedgerAmounts {
  if (late) return { cash: amountMinor, refund: -amountMinor };
  return { cash: amountMinor, fee: -feeMinor, seller: feeMinor - amountMinor };
}

/** A refund was granted: seller and fee give it up in proportion, given what was granted before. */
export function refundGrantedAmounts(
  paid: { amountMinor: number; feeMinor: number },
  beforeMinor: number,
  refundMinor: number,
): LedgerAmounts {
  const fee = feeBack(paid, beforeMinor, refundMinor);
  return { refund: -refundMinor, fee, seller: refundMinor - fee };
}

/** The provider gave a refund back. */
export function refundPaidAmounts(refundMinor: number): LedgerAmounts {
  return { cash: -refundMinor, refund: refundMinor };
}

/** The part of the fee that goes back with a refund: parts that make the whole give back exactly the whole fee. */
export function feeBack(
  { amountMinor, feeMinor }: { amountMinor: number; feeMinor: number },
  beforeMinor: number,
  refundMinor: number,
): number {
  const upTo = (minor: number) => Number((BigInt(feeMinor) * BigInt(minor)) / BigInt(amountMinor));
  return upTo(beforeMinor + refundMinor) - upTo(beforeMinor);
}
