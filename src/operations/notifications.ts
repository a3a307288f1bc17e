import * as z from "zod";
import type { Deps } from "../deps.ts";
import { formatMinor } from "../domain/money.ts";
import type { Notification } from "../domain/notification.ts";
import { DISPATCH_DAYS, type Order } from "../domain/order.ts";
import type { LogEvent } from "../stores/aurora/events.ts";

/** What each side of a sale is told; a side that is left out is told nothing. */
interface Texts {
  buyer?: string;
  seller?: string;
}
type Parties = Pick<Order, "buyerId" | "sellerId">;

const parties = z.object({ buyerId: z.string(), sellerId: z.string().nullable() });
const reviewed = z.object({ sellerId: z.string(), publicationId: z.string(), rating: z.number() });
const ofOrder = z.object({ orderId: z.string() });
const disputed = z.object({
  reason: z.enum(["not_received", "not_as_described", "chargeback"]),
  refundedMinor: z.number().nullable(),
});
const refunded = z.object({ paymentId: z.string(), amountMinor: z.number(), currency: z.string() });

const COMPLAINTS = {
  not_received: "the order did not arrive",
  not_as_described: "the purchase did not conform",
} as const;

/**
 * Whom an event is told to, and in which words. Ids follow from the event, so telling twice tells once. What
 * people typed is left out: it stands where it can be erased, and commands show it.
 */
export async function notificationsOf(
  event: LogEvent,
  deps: Pick<Deps, "orders" | "payments">,
): Promise<Notification[]> {
  switch (event.subjectKind) {
    case "order": {
      const texts = orderTexts(event);
      if (Object.keys(texts).length === 0) return [];
      return told(event, event.subjectId, parties.parse(event.data), texts);
    }
    case "review": {
      const { sellerId, publicationId, rating } = reviewed.parse(event.data);
      return [notification(event, sellerId, publicationId, `A review: ${rating} of 5`)];
    }
    case "dispute":
      return toldOfOrder(event, deps, (order) => disputeTexts(event, order));
    case "refund":
      return toldOfOrder(event, deps, (order) => refundTexts(event, order, deps));
    case "shipment":
      if (event.type !== "shipment.returned") return [];
      return toldOfOrder(event, deps, () => ({
        seller: `A parcel came back: mkt shipment restock ${event.subjectId} puts its goods in stock again`,
      }));
    default:
      return [];
  }
}

function orderTexts({ type, subjectId, actor, data }: LogEvent): Texts {
  // It says its state again because it was flagged: that is no news.
  if (data.flagged === true) return {};
  switch (type) {
    case "order.paid":
      return { seller: "An order is paid: it can be shipped" };
    case "order.shipped":
      return { buyer: "Your order is on its way" };
    case "order.delivered":
      return { buyer: "Your order was delivered: a review tells others how it was" };
    case "order.not_delivered":
      return {
        buyer: `Your order did not arrive: mkt order why ${subjectId} shows what you can do`,
        seller: `An order did not arrive: mkt order why ${subjectId} shows what you can do`,
      };
    case "order.cancelled":
      return both(
        actor === "timer"
          ? `Nothing was sent within ${DISPATCH_DAYS} days: the order was cancelled`
          : "The order was cancelled",
      );
    case "order.expired":
      return { buyer: "The order was not paid in time and expired" };
    default:
      return {};
  }
}

/** A dispute is told to whoever did not open it; how it ended, to both. */
function disputeTexts({ type, actor, data }: LogEvent, { buyerId, currency }: Order): Texts {
  const { reason, refundedMinor } = disputed.parse(data);
  const amount = refundedMinor === null ? null : formatMinor(refundedMinor, currency);
  switch (type) {
    case "dispute.open":
      if (reason === "chargeback")
        return { seller: "The buyer's bank took the payment back: the order is disputed" };
      if (actor === `user:${buyerId}`)
        return { seller: `The buyer says that ${COMPLAINTS[reason]}` };
      return both(`Support opened a dispute: ${COMPLAINTS[reason]}`);
    case "dispute.dismissed":
      return both("The dispute was decided for the seller: nothing is given back");
    case "dispute.partially_refunded":
      return both(`The dispute was decided: the buyer gets ${amount} back`);
    case "dispute.refunded":
      return both(
        `The dispute was decided for the buyer, who ${amount === null ? "has everything" : `gets ${amount}`} back`,
      );
    default:
      return {};
  }
}

/** Late money never was the seller's, and of a cancelled order the seller was told already. */
async function refundTexts(
  { type, revision, data }: LogEvent,
  { state }: Order,
  { payments }: Pick<Deps, "payments">,
): Promise<Texts> {
  if (type !== "refund.requested" && type !== "refund.succeeded") return {};
  const { paymentId, amountMinor, currency } = refunded.parse(data);
  const amount = formatMinor(amountMinor, currency);
  const isLate = (await payments.find(paymentId))?.late === true;
  if (type === "refund.requested") {
    // One that failed is requested again.
    return isLate && revision === 1
      ? { buyer: `A payment came when its order no longer waited for it: ${amount} is given back` }
      : {};
  }
  const buyer = `${amount} was given back to you`;
  if (isLate || state === "cancelled") return { buyer };
  return { buyer, seller: `${amount} was given back to the buyer` };
}

const both = (text: string): Texts => ({ buyer: text, seller: text });

/** Tells the parties of the order that an event of another thing belongs to. */
async function toldOfOrder(
  event: LogEvent,
  { orders }: Pick<Deps, "orders">,
  textsOf: (order: Order) => Texts | Promise<Texts>,
): Promise<Notification[]> {
  const { orderId } = ofOrder.parse(event.data);
  const order = await orders.find(orderId);
  return order ? told(event, orderId, order, await textsOf(order)) : [];
}

function told(
  event: LogEvent,
  subject: string,
  { buyerId, sellerId }: Parties,
  { buyer, seller }: Texts,
): Notification[] {
  return [
    ...(buyer === undefined ? [] : [notification(event, buyerId, subject, buyer)]),
    ...(seller === undefined || sellerId === null
      ? []
      : [notification(event, sellerId, subject, seller)]),
  ];
}

function notification(
  event: LogEvent,
  userId: string,
  subject: string,
  text: string,
): Notification {
  const { type: kind, occurredAt: createdAt } = event;
  return {
    id: `event-${event.id}`,
    userId,
    kind,
    subject,
    data: { text },
    createdAt,
    readAt: null,
  };
}
