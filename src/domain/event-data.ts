import type { PublicationDocument, PublicationPage, Rating } from "./publication.ts";

// What the events of a sale say: absolute state at one revision. What people typed stands in `personal`.

/** An event without who caused it and when. */
export interface SaleEvent {
  type: string;
  subjectKind: string;
  subjectId: string;
  revision: number;
  data: Record<string, unknown>;
  personal?: Record<string, unknown>;
}

interface SoldLine {
  publicationId: string;
  quantity: number;
  unitPriceMinor: number;
}

/** `flagged`: it came into no state, only its flags changed. */
export function orderEvent(
  order: {
    id: string;
    purchaseId: string;
    buyerId: string;
    sellerId: string | null;
    state: string;
    totalMinor: number;
    currency: string;
    flags: readonly string[];
    revision: number;
  },
  lines: readonly SoldLine[],
  more: { flagged?: true } = {},
): SaleEvent {
  const { id, purchaseId, buyerId, sellerId, state, totalMinor, currency, flags, revision } = order;
  const sold = lines.map(({ publicationId, quantity, unitPriceMinor }) => ({
    publicationId,
    quantity,
    unitPriceMinor,
  }));
  const stands = { purchaseId, buyerId, sellerId, state, totalMinor, currency, flags: [...flags] };
  const data = { ...stands, ...more, lines: sold };
  return { type: `order.${state}`, subjectKind: "order", subjectId: id, revision, data };
}

export function paymentEvent(payment: {
  id: string;
  orderId: string;
  state: string;
  amountMinor: number;
  currency: string;
  reason: string | null;
  instrument: string | null;
  revision: number;
}): SaleEvent {
  const { id, orderId, state, amountMinor, currency, reason, instrument, revision } = payment;
  const data = { orderId, state, amountMinor, currency, reason, instrument };
  return { type: `payment.${state}`, subjectKind: "payment", subjectId: id, revision, data };
}

export function refundEvent(
  refund: {
    id: string;
    paymentId: string;
    state: string;
    amountMinor: number;
    reason: string;
    revision: number;
  },
  { orderId, currency }: { orderId: string; currency: string },
): SaleEvent {
  const { id, paymentId, state, amountMinor, reason, revision } = refund;
  const data = { paymentId, orderId, state, amountMinor, currency };
  const subject = { subjectKind: "refund", subjectId: id, revision };
  // Whoever cancelled typed the reason.
  return { type: `refund.${state}`, ...subject, data, personal: { reason } };
}

export function shipmentEvent(
  shipment: {
    id: string;
    orderId: string;
    state: string;
    carrier: string | null;
    trackingCode: string | null;
    estimatedDeliveryAt: string | null;
    restockedAt: string | null;
    revision: number;
  },
  type = `shipment.${shipment.state}`,
): SaleEvent {
  const { id, orderId, state, carrier, estimatedDeliveryAt, restockedAt, revision } = shipment;
  const data = { orderId, state, carrier, estimatedDeliveryAt, restockedAt };
  const personal = { trackingCode: shipment.trackingCode };
  return { type, subjectKind: "shipment", subjectId: id, revision, data, personal };
}

/** The note is what somebody typed. */
export function disputeEvent(
  dispute: {
    id: string;
    orderId: string;
    orderLineId: string | null;
    state: string;
    reason: string;
    refundedMinor: number | null;
    revision: number;
  },
  note: string,
): SaleEvent {
  const { id, orderId, orderLineId, state, reason, refundedMinor, revision } = dispute;
  const data = { orderId, orderLineId, state, reason, refundedMinor };
  const subject = { subjectKind: "dispute", subjectId: id, revision };
  return { type: `dispute.${state}`, ...subject, data, personal: { note } };
}

export function reviewEvent(
  review: {
    id: string;
    orderId: string;
    orderLineId: string;
    publicationId: string;
    authorId: string;
    conforms: boolean;
    rating: number;
  },
  sellerId: string | null,
  text: string,
): SaleEvent {
  const { id, orderId, orderLineId, publicationId, authorId, conforms, rating } = review;
  const data = { orderId, orderLineId, publicationId, authorId, sellerId, conforms, rating };
  const subject = { subjectKind: "review", subjectId: id, revision: 1 };
  return { type: "review.written", ...subject, data, personal: { text } };
}

/** What an event of a publication says: the page without its text, at one revision. */
export type PublicationFacts = Omit<
  PublicationPage,
  "title" | "description" | "language" | "keywords"
>;

export function publicationFacts(
  row: Omit<PublicationFacts, "categories" | "images" | "rating" | "publishedAt"> & {
    ratingSum: number;
    ratingCount: number;
    createdAt: string;
  },
  categoryIds: readonly string[],
  images: readonly string[],
): PublicationFacts {
  const { id, sellerId, state, version, revision, priceMinor, currency, availability } = row;
  return {
    id,
    sellerId,
    state,
    version,
    revision,
    priceMinor,
    currency,
    categories: [...categoryIds].sort(),
    availability,
    rating: ratingOf(row),
    publishedAt: row.createdAt,
    images,
  };
}

export function ratingOf({
  ratingSum,
  ratingCount,
}: {
  ratingSum: number;
  ratingCount: number;
}): Rating | null {
  if (ratingCount === 0) return null;
  return { average: Math.round((100 * ratingSum) / ratingCount) / 100, count: ratingCount };
}

/** With the document when this event brings it. */
export function publicationEvent(
  type: string,
  facts: PublicationFacts,
  document?: PublicationDocument,
): SaleEvent {
  const { id, revision } = facts;
  const event = { type, subjectKind: "publication", subjectId: id, revision, data: { ...facts } };
  if (!document) return event;
  const { title, description, language, keywords } = document;
  return { ...event, personal: { title, description, language, keywords } };
}
