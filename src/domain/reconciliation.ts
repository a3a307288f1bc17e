// What comparing us with our providers finds.

export type ReconciledKind = "payment" | "refund" | "shipment" | "webhook";

/** Something that stood otherwise here than at its provider. */
export interface Difference {
  kind: ReconciledKind;
  id: string;
  /** Null for a webhook of which we know no order. */
  orderId: string | null;
  ours: string;
  theirs: string;
  /** What was done about it, or in a dry run would be. */
  action:
    | "applied"
    | "refund requested"
    | "cancelled at the provider"
    | "voided"
    | "nothing possible";
  /** Our state after it; null when nothing was done. */
  after: string | null;
  /** Why nothing was possible. */
  reason: string | null;
}
