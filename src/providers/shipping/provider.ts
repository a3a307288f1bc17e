import * as z from "zod";
import type { EventListing, ProviderEvent } from "../webhook-event.ts";

const timestamp = z.iso.datetime();

/** One reading of a parcel on its way. */
export const scanSchema = z.object({
  id: z.string().min(1).max(100),
  state: z.enum(["shipped", "in_transit", "delivered", "not_delivered", "lost", "returned"]),
  description: z.string(),
  place: z.string(),
  at: timestamp,
});

/** A shipment as its carrier tells it, with its scans in order. Times are ISO 8601. */
export const providerShipmentSchema = z.object({
  /** The provider's own id. */
  id: z.string().min(1).max(100),
  /** Our shipment row's id. */
  idempotencyKey: z.string(),
  /** Our order's id. */
  reference: z.string(),
  /** A parcel in transit is `shipped`. */
  state: z.enum([
    "ready_to_ship",
    "shipped",
    "delivered",
    "not_delivered",
    "lost",
    "returned",
    "cancelled",
  ]),
  carrier: z.string(),
  trackingCode: z.string(),
  labelUrl: z.url(),
  estimatedDeliveryAt: timestamp,
  scans: z.array(scanSchema).max(1000),
  createdAt: timestamp,
  updatedAt: timestamp,
});

/** The price of a shipment in the currency asked, in its minor units. */
export const quoteSchema = z.object({
  amountMinor: z.int().nonnegative(),
  currency: z.string().length(3),
  estimatedDeliveryAt: timestamp,
});

export type ShipmentScan = z.infer<typeof scanSchema>;
export type ProviderShipment = z.infer<typeof providerShipmentSchema>;
export type ShippingQuote = z.infer<typeof quoteSchema>;

/** One box; the tariff counts the units in it, since publications carry no weight. */
export interface Parcel {
  units: number;
}

export interface QuoteRequest {
  parcels: readonly Parcel[];
  currency: string;
  /** Postal addresses as people write them. */
  from?: string | undefined;
  to: string;
}

/** A label to buy. The same key with the same content is the same shipment. */
export interface ShipmentRequest {
  /** Our shipment row's id. */
  idempotencyKey: string;
  /** Our order's id. */
  reference: string;
  parcels: readonly Parcel[];
  address: string;
}

/**
 * What mkt asks of a shipping provider. Errors mean what they mean for a payment provider:
 * `unavailable` leaves the outcome unknown, everything else was refused and changed nothing.
 */
export interface ShippingProvider {
  /** The price, which is the same for the same parcels, addresses and currency. */
  quote(request: QuoteRequest): Promise<ShippingQuote>;
  /** Buys a label. Scans follow when the carrier has the parcel. */
  createShipment(request: ShipmentRequest): Promise<ProviderShipment>;
  getShipment(shipmentId: string): Promise<ProviderShipment>;
  /** The shipment that a key made. Undefined right after a timeout proves nothing. */
  findByKey(idempotencyKey: string): Promise<ProviderShipment | undefined>;
  /** Voids an unused label, else `illegal_transition`. Again: the shipment as it is. */
  voidLabel(shipmentId: string): Promise<ProviderShipment>;
  /**
   * Sends a parcel out again that was not delivered, with a new estimate; else `illegal_transition`. A
   * key counts once.
   */
  resendShipment(shipmentId: string, idempotencyKey: string): Promise<ProviderShipment>;
  /** What the provider told or wanted to tell, in the order in which it happened. */
  listEvents(listing: EventListing): Promise<ProviderEvent[]>;
  /** Sends an event's webhook again, under its old id. Resolves before it is delivered. */
  resendEvent(eventId: string): Promise<ProviderEvent>;
}
