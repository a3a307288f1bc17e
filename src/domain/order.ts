import type { StaffRole } from "./actor.ts";

export interface OrderLine {
  id: string;
  lineNumber: number;
  publicationId: string;
  publicationVersion: number;
  quantity: number;
  unitPriceMinor: number;
  feeBps: number;
  /** Its share of what the order's shipping costs. */
  shippingMinor: number;
  /** Its id in the source that it was imported from. */
  externalId: string | null;
}

/** What one buyer bought from one seller in one purchase. */
export interface Order {
  id: string;
  purchaseId: string;
  buyerId: string;
  /** Null: an imported order of which the source knew no line. */
  sellerId: string | null;
  state: string;
  linesMinor: number;
  shippingMinor: number;
  totalMinor: number;
  currency: string;
  flags: string[];
  revision: number;
  reservedUntil: string;
  estimatedDeliveryAt: string | null;
  /** What the marketplace keeps of it. */
  feeMinor: number;
  paidAt: string | null;
  shippedAt: string | null;
  deliveredAt: string | null;
  externalId: string | null;
  /** How its source named its state. */
  sourceStatus: string | null;
  /** State or province that its parcel goes to; null: unknown. */
  region: string | null;
  /** Which of placed, paid, shipped, delivered were inferred: their source did not say when. */
  inferred: string[];
  createdAt: string;
  changedAt: string;
  lines: OrderLine[];
}

/** Orders that were bought together: one for each seller. */
export interface Purchase {
  id: string;
  buyerId: string;
  shipTo: string;
  currency: string;
  createdAt: string;
  orders: Order[];
}

export interface Wanted {
  publicationId: string;
  quantity: number;
}

/** States of an order that is over without its money: it is not charged, though a payment may still be open. */
export const OVER_ORDER_STATES = ["cancelled", "expired", "refunded"] as const;

/** How long stock is held while no payment is open. */
export const RESERVATION_MINUTES = 15;
/** How long an open payment holds the reservation when its provider names no deadline. */
export const PAYMENT_DEADLINE_MINUTES = 60;
/** A paid order that is not on its way is cancelled after so long. */
export const DISPATCH_DAYS = 7;
/** So long after its estimate, a parcel that was not delivered counts as not delivered. */
export const LATE_DELIVERY_DAYS = 21;
/** A delivered order that nobody disputes is complete after so long. */
export const COMPLETION_DAYS = 14;
/** So long after delivery a completed order can still be disputed. */
export const DISPUTE_DAYS = 30;
export const QUANTITY_LIMIT = 1_000_000;
export const LINES_LIMIT = 100;

/** Who besides buyer and seller may see an order. */
export const ORDER_READERS: readonly StaffRole[] = ["operator", "support"];

/** A time some days after another, both ISO-8601. */
export function daysAfter(at: string, days: number): string {
  return minutesAfter(at, days * 24 * 60);
}

/** A time some minutes after another, both ISO-8601. */
export function minutesAfter(at: string, minutes: number): string {
  return new Date(Date.parse(at) + minutes * 60_000).toISOString();
}
