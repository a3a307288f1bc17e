import { z } from "zod";
import type { Notification } from "../domain/notification.ts";
import type { LogEvent } from "../stores/aurora/events.ts";

const parties = z.object({ buyerId: z.string(), sellerId: z.string() });
const reviewed = z.object({ sellerId: z.string(), publicationId: z.string(), rating: z.number() });

/** Whom an event is told to, and in which words. Ids follow from the event, so telling twice tells once. */
export function notificationsOf(event: LogEvent): Notification[] {
  switch (event.type) {
    case "order.paid":
      return told(event, "seller", "An order is paid: it can be shipped");
    case "order.shipped":
      return told(event, "buyer", "Your order is on its way");
    case "order.delivered":
      return told(event, "buyer", "Your order was delivered: a review tells others how it was");
    case "order.cancelled":
      return [
        ...told(event, "buyer", "The order was cancelled"),
        ...told(event, "seller", "The order was cancelled"),
      ];
    case "order.expired":
      return told(event, "buyer", "The order was not paid in time and expired");
    case "order.disputed":
      return told(event, "seller", "The buyer says that the purchase did not conform");
    case "review.written": {
      const { sellerId, publicationId, rating } = reviewed.parse(event.data);
      return [notification(event, sellerId, publicationId, `A review: ${rating} of 5`)];
    }
    default:
      return [];
  }
}

function told(event: LogEvent, side: "buyer" | "seller", text: string): Notification[] {
  const { buyerId, sellerId } = parties.parse(event.data);
  return [notification(event, side === "buyer" ? buyerId : sellerId, event.subjectId, text)];
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
