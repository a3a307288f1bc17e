import * as z from "zod";
import { providerShipmentSchema, type ShipmentScan } from "./provider.ts";

/** How a parcel's way ends, unless somebody else decides. */
const FATES = ["delivered", "not_delivered", "lost", "returned"] as const;

/** One way of a parcel from the counter to its end. */
const tripSchema = z.object({
  startedAt: z.iso.datetime(),
  fate: z.enum(FATES),
  /** How many of its steps were taken. */
  taken: z.int().nonnegative(),
  /** It goes out again: the carrier has it already. */
  again: z.boolean(),
});

/**
 * What the simulated carrier keeps of a shipment. The address itself it does not keep. Defaults are for
 * what older versions did not write.
 */
export const shipmentSchema = providerShipmentSchema.extend({
  requestDigest: z.string(),
  /** The how-manieth shipment it is. */
  ordinal: z.int().nonnegative().default(0),
  /** Null when nothing more happens by itself. */
  trip: tripSchema.nullable().default(null),
  /** The keys under which it was sent again. */
  resendKeys: z.array(z.string()).default([]),
  /** When it was last sent again; the estimate counts from there. */
  sentAt: z.iso.datetime().nullable().default(null),
});

export type CarrierShipment = z.infer<typeof shipmentSchema>;
export type Trip = NonNullable<CarrierShipment["trip"]>;

/** When the carrier scans a parcel, counted from the purchase of its label. */
export interface CarrierTimes {
  pickupMs: number;
  /** From pickup to the door, and from the door back to the sender. */
  deliveryMs: number;
}

type ScanState = ShipmentScan["state"];

const SCANS: Record<ScanState, Pick<ShipmentScan, "description" | "place">> = {
  shipped: { description: "Handed to the carrier", place: "Counter" },
  in_transit: { description: "On its way", place: "Sorting centre" },
  delivered: { description: "Delivered", place: "Address" },
  not_delivered: { description: "Nobody was at home", place: "Address" },
  lost: { description: "Lost", place: "Sorting centre" },
  returned: { description: "Back at the sender", place: "Sender" },
};

/** A reading of the parcel in this state. */
export function scanOf(state: ScanState): Omit<ShipmentScan, "id" | "at"> {
  return { state, ...SCANS[state] };
}

/** What a scan makes of the shipment: a parcel in transit is `shipped`. */
export function stateAfter(scan: ScanState): CarrierShipment["state"] {
  return scan === "in_transit" ? "shipped" : scan;
}

/** How the address decides where the parcel's way ends. */
export function fateOf(address: string): Trip["fate"] {
  if (/\bnobody home\b/i.test(address)) return "not_delivered";
  if (/\blost parcel\b/i.test(address)) return "lost";
  if (/\breturn to sender\b/i.test(address)) return "returned";
  return "delivered";
}

/** The next scan of a parcel by itself, if there is one, and when. A pure function of its trip. */
export function nextScan(
  trip: Trip | null,
  times: CarrierTimes,
): { scan: ScanState; dueMs: number } | undefined {
  if (!trip) return undefined;
  const step = itinerary(trip, times)[trip.taken];
  return step && { scan: step.scan, dueMs: Date.parse(trip.startedAt) + step.afterMs };
}

/** The trip of a parcel that was scanned before its time: that scan does not come again, its end does. */
export function scannedAhead(trip: Trip | null): Trip | null {
  return trip && { ...trip, taken: Math.min(trip.taken + 1, SCANS_BEFORE_END) };
}

const SCANS_BEFORE_END = 2;

function itinerary({ fate, again }: Trip, { pickupMs, deliveryMs }: CarrierTimes) {
  const pickedUpMs = again ? 0 : pickupMs;
  const onItsWay: { scan: ScanState; afterMs: number }[] = [
    { scan: "shipped", afterMs: pickedUpMs },
    { scan: "in_transit", afterMs: pickedUpMs + Math.floor(deliveryMs / 2) },
  ];
  const doorMs = pickedUpMs + deliveryMs;
  if (fate !== "returned") return [...onItsWay, { scan: fate, afterMs: doorMs }];
  return [
    ...onItsWay,
    { scan: "not_delivered" as const, afterMs: doorMs },
    { scan: "returned" as const, afterMs: doorMs + deliveryMs },
  ];
}
