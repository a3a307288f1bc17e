import { randomBytes } from "node:crypto";
import { z } from "zod";
import { newId } from "../../domain/ids.ts";
import { assertSameRequest, type Idempotency, refusal } from "../simulator/app.ts";
import type { SimulatorKinds, Workshop } from "../simulator/simulator.ts";
import { type Parcel, providerShipmentSchema, type ShipmentScan } from "./provider.ts";
import { estimatedDelivery } from "./tariff.ts";

/** What the simulated carrier keeps of a shipment. The address itself it does not keep. */
export const shipmentSchema = providerShipmentSchema.extend({
  requestDigest: z.string(),
  nobodyHome: z.boolean(),
});

type CarrierShipment = z.infer<typeof shipmentSchema>;
type CarrierKinds = SimulatorKinds & { shipment: CarrierShipment };

/** When the carrier scans a parcel, counted from the purchase of its label. */
export interface CarrierTimes {
  pickupMs: number;
  /** From pickup to the door. */
  deliveryMs: number;
}

interface LabelOrder {
  reference: string;
  address: string;
  parcels: readonly Parcel[];
}

interface Step {
  scan: Pick<ShipmentScan, "state" | "description" | "place">;
  /** What the scan makes of the shipment. */
  state: CarrierShipment["state"];
  afterMs: number;
}

const CARRIER = "Simulated Post";
/** Parcels to such an address are brought back to the depot. */
const NOBODY_HOME = /\bnobody home\b/i;

export type Carrier = ReturnType<typeof openCarrier>;

/** The simulated carrier's own books: labels, and the parcels' ways. Refusals are thrown. */
export function openCarrier(workshop: Workshop<CarrierKinds>, times: CarrierTimes) {
  const { tables, timers, remember, announce } = workshop;
  const now = () => workshop.now().toISOString();
  const ids = new Map([...tables.shipment.values()].map((one) => [one.idempotencyKey, one.id]));

  function shipment(id: string): CarrierShipment {
    const found = tables.shipment.get(id);
    if (!found) throw refusal(404, "not_found", `there is no shipment ${id}`);
    return found;
  }

  const shipmentOfKey = (key: string) => tables.shipment.get(ids.get(key) ?? "");

  function scheduleNext({ id, createdAt, scans, nobodyHome }: CarrierShipment): void {
    const step = itinerary(times, nobodyHome)[scans.length];
    if (!step) return;
    const due = new Date(Date.parse(createdAt) + step.afterMs);
    timers.at(due, () => takeStep(id, step));
  }

  function takeStep(id: string, { scan, state }: Step): void {
    const before = shipment(id);
    if (before.state === "cancelled") return;
    const at = now();
    const scans = [...before.scans, { ...scan, id: newId(), at }];
    const after = { ...before, state, scans, updatedAt: at };
    announce({ shipment: { [id]: after } }, { object: "shipment", id, state: scan.state });
    scheduleNext(after);
  }

  for (const one of tables.shipment.values()) scheduleNext(one);

  return {
    shipment,
    shipmentOfKey,

    buyLabel({ address, reference, parcels }: LabelOrder, { key, requestDigest }: Idempotency) {
      const repeated = shipmentOfKey(key);
      if (repeated) {
        assertSameRequest(repeated, { key, requestDigest });
        return repeated;
      }
      const trackingCode = `SP${randomBytes(6).toString("hex").toUpperCase()}`;
      const made: CarrierShipment = {
        id: newId(),
        idempotencyKey: key,
        reference,
        state: "ready_to_ship",
        carrier: CARRIER,
        trackingCode,
        labelUrl: labelUrl(trackingCode, { reference, address, parcels }),
        estimatedDeliveryAt: estimatedDelivery(workshop.now(), { to: address }).toISOString(),
        scans: [],
        createdAt: now(),
        updatedAt: now(),
        requestDigest,
        nobodyHome: NOBODY_HOME.test(address),
      };
      remember({ shipment: { [made.id]: made } });
      ids.set(key, made.id);
      scheduleNext(made);
      return made;
    },

    voidLabel(id: string): CarrierShipment {
      const found = shipment(id);
      if (found.state === "cancelled") return found;
      if (found.scans.length > 0) {
        throw refusal(409, "illegal_state", "the carrier has scanned the parcel already");
      }
      const after: CarrierShipment = { ...found, state: "cancelled", updatedAt: now() };
      announce({ shipment: { [id]: after } }, { object: "shipment", id, state: "cancelled" });
      return after;
    },
  };
}

function itinerary({ pickupMs, deliveryMs }: CarrierTimes, nobodyHome: boolean): Step[] {
  const last = nobodyHome
    ? { state: "not_delivered" as const, description: "Nobody was at home" }
    : { state: "delivered" as const, description: "Delivered" };
  return [
    {
      scan: { state: "shipped", description: "Handed to the carrier", place: "Counter" },
      state: "shipped",
      afterMs: pickupMs,
    },
    {
      scan: { state: "in_transit", description: "On its way", place: "Sorting centre" },
      state: "shipped",
      afterMs: pickupMs + Math.floor(deliveryMs / 2),
    },
    { scan: { ...last, place: "Address" }, state: last.state, afterMs: pickupMs + deliveryMs },
  ];
}

/** The label is in the link itself: nothing of the local stack can be reached by a browser. */
function labelUrl(trackingCode: string, { reference, parcels }: LabelOrder): string {
  const units = parcels.reduce((sum, parcel) => sum + parcel.units, 0);
  const lines = [CARRIER, trackingCode, `Order ${reference}`, `${parcels.length} / ${units}`];
  return `data:text/plain;charset=utf-8,${encodeURIComponent(lines.join("\n"))}`;
}
