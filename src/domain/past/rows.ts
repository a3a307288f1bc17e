import type { LedgerAccount } from "../ledger.ts";
import type { Availability, PublicationState } from "../publication.ts";
import type { Machine } from "../transitions.ts";

// Rows of a history that is written as a whole: all columns as Aurora keeps them, times as ISO-8601 in UTC,
// money in minor units. Imports, seeds and snapshots make them.

export interface UserRow {
  id: string;
  email: string;
  emailFolded: string;
  name: string;
  address: string;
  /** State or province; null: unknown. */
  region: string | null;
  /** `-` opens with no password. */
  passwordHash: string;
  bannedAt: string | null;
  createdAt: string;
  source: string | null;
  externalId: string | null;
}

export interface CategoryRow {
  id: string;
  name: string;
  nameFolded: string;
  feeBps: number;
  createdAt: string;
  source: string | null;
}

export interface PublicationRow {
  id: string;
  sellerId: string;
  externalId: string | null;
  state: PublicationState;
  priceMinor: number;
  currency: string;
  stock: number;
  version: number;
  revision: number;
  availability: Availability;
  soldUnits: number;
  ratingSum: number;
  ratingCount: number;
  createdAt: string;
  source: string | null;
}

export interface PublicationCategoryRow {
  publicationId: string;
  categoryId: string;
}

export interface StockMovementRow {
  id: string;
  publicationId: string;
  delta: number;
  reason: "published" | "adjusted" | "reserved" | "released" | "returned";
  orderLineId: string | null;
  at: string;
}

export interface PurchaseRow {
  id: string;
  buyerId: string;
  key: string;
  requestDigest: string;
  shipTo: string;
  currency: string;
  createdAt: string;
  source: string | null;
  externalId: string | null;
}

export interface OrderRow {
  id: string;
  purchaseId: string;
  buyerId: string;
  sellerId: string | null;
  state: string;
  linesMinor: number;
  shippingMinor: number;
  totalMinor: number;
  feeMinor: number;
  currency: string;
  flags: string[];
  revision: number;
  reservedUntil: string;
  estimatedDeliveryAt: string | null;
  paidAt: string | null;
  shippedAt: string | null;
  deliveredAt: string | null;
  externalId: string | null;
  sourceStatus: string | null;
  /** The zone whose clocks its source told it by; null: the marketplace's. */
  timeZone: string | null;
  /** State or province that its parcel goes to; null: unknown. */
  region: string | null;
  inferred: string[];
  createdAt: string;
  changedAt: string;
}

export interface OrderLineRow {
  id: string;
  orderId: string;
  lineNumber: number;
  publicationId: string;
  publicationVersion: number;
  quantity: number;
  unitPriceMinor: number;
  feeBps: number;
  externalId: string | null;
  shippingMinor: number;
}

export interface PaymentRow {
  id: string;
  orderId: string;
  state: string;
  amountMinor: number;
  currency: string;
  cardToken: string;
  providerId: string | null;
  reason: string | null;
  cardBrand: string | null;
  cardLastFour: string | null;
  instrument: string | null;
  deadlineAt: string;
  revision: number;
  createdAt: string;
  changedAt: string;
  late: boolean;
  synthesised: boolean;
}

export interface RefundRow {
  id: string;
  paymentId: string;
  state: string;
  amountMinor: number;
  reason: string;
  providerId: string | null;
  revision: number;
  createdAt: string;
  changedAt: string;
}

export interface ShipmentRow {
  id: string;
  orderId: string;
  state: string;
  providerId: string | null;
  carrier: string | null;
  trackingCode: string | null;
  labelUrl: string | null;
  estimatedDeliveryAt: string | null;
  revision: number;
  createdAt: string;
  changedAt: string;
  restockedAt: string | null;
  synthesised: boolean;
}

export interface DisputeRow {
  id: string;
  orderId: string;
  orderLineId: string | null;
  state: string;
  reason: "not_received" | "not_as_described" | "chargeback";
  openedBy: string;
  resolvedBy: string | null;
  refundedMinor: number | null;
  revision: number;
  createdAt: string;
  changedAt: string;
}

export interface ReviewRow {
  id: string;
  orderLineId: string;
  orderId: string;
  publicationId: string;
  authorId: string;
  conforms: boolean;
  rating: number;
  createdAt: string;
}

export interface LedgerEntryRow {
  id: string;
  postingId: string;
  kind: string;
  account: LedgerAccount;
  sellerId: string;
  orderId: string;
  paymentId: string;
  refundId: string | null;
  amountMinor: number;
  currency: string;
  at: string;
}

export interface TransitionRow {
  id: string;
  machine: Machine;
  subjectId: string;
  event: string;
  fromState: string | null;
  toState: string;
  actor: string;
  at: string;
  inferred: boolean;
}

/** Something that somebody looked at. */
export interface ActivityRow {
  id: string;
  kind: "home" | "search" | "view";
  /** Null without a login. */
  userId: string | null;
  /** Of a view. */
  publicationId: string | null;
  /** Of a search, as they were typed. */
  words: string | null;
  /** Of a search: how many rows its page had. */
  resultCount: number | null;
  at: string;
  source: string | null;
}

export interface EventRow {
  /** Makes an event that is copied from another store land once. */
  sourceKey?: string;
  type: string;
  subjectKind: string;
  subjectId: string;
  revision: number;
  actor: string;
  occurredAt: string;
  data: Record<string, unknown>;
  personal: Record<string, unknown> | null;
}

/** Rows by table, in the order in which they refer to each other. */
export interface PastRows {
  user: UserRow[];
  category: CategoryRow[];
  publication: PublicationRow[];
  publicationCategory: PublicationCategoryRow[];
  purchase: PurchaseRow[];
  order: OrderRow[];
  orderLine: OrderLineRow[];
  stockMovement: StockMovementRow[];
  payment: PaymentRow[];
  refund: RefundRow[];
  shipment: ShipmentRow[];
  dispute: DisputeRow[];
  review: ReviewRow[];
  ledgerEntry: LedgerEntryRow[];
  transition: TransitionRow[];
  activity: ActivityRow[];
  event: EventRow[];
}

export function noRows(): PastRows {
  return {
    user: [],
    category: [],
    publication: [],
    publicationCategory: [],
    purchase: [],
    order: [],
    orderLine: [],
    stockMovement: [],
    payment: [],
    refund: [],
    shipment: [],
    dispute: [],
    review: [],
    ledgerEntry: [],
    transition: [],
    activity: [],
    event: [],
  };
}
