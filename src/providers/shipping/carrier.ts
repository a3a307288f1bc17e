import { randomBytes } from "node:crypto";
import { newId } from "../../domain/ids.ts";
import { assertSameRequest, type Idempotency, refusal } from "../simulator/app.ts";
import type { SimulatorKinds, Workshop } from "../simulator/simulator.ts";
import {
  type CarrierShipment,
  type CarrierTimes,
  fateOf,
  nextScan,
  scanOf,
  stateAfter,
  type Trip,
} from "./itinerary.ts";
import type { Parcel, ShipmentScan } from "./provider.ts";
import { estimatedDelivery } from "./tariff.ts";

type CarrierKinds = SimulatorKinds & { shipment: CarrierShipment };

interface LabelOrder {
  reference: string;
  address: string;
  parcels: readonly Parcel[];
}

const CARRIER = "Simulated Post";
const SCANS_LIMIT = 1000;

export type Carrier = ReturnType<typeof openCarrier>;

/** The simulated carrier's own books: labels, and the parcels' ways. Refusals are thrown. */
export function openCarrier(workshop: Workshop<CarrierKinds>, times: CarrierTimes) {
  const { tables, timers, remember, announce, happens } = workshop;
  const now = () => workshop.now().toISOString();
  const ids = new Map([...tables.shipment.values()].map((one) => [one.idempotencyKey, one.id]));

  function shipment(id: string): CarrierShipment {
    const found = tables.shipment.get(id);
    if (!found) throw refusal(404, "not_found", `there is no shipment ${id}`);
    return found;
  }

  const shipmentOfKey = (key: string) => tables.shipment.get(ids.get(key) ?? "");

  function scheduleNext({ id, trip }: CarrierShipment): void {
    const next = nextScan(trip, times);
    if (next) timers.at(new Date(next.dueMs), () => takeStep(id));
  }

  /** What was to happen when the timer was set may not be what is to happen now. */
  function takeStep(id: string): void {
    const found = shipment(id);
    const next = nextScan(found.trip, times);
    if (!next || !found.trip || next.dueMs > workshop.now().getTime()) return;
    scan(found, next.scan, { ...found.trip, taken: found.trip.taken + 1 });
  }

  /** One reading of the parcel, and what remains of its trip after it. */
  function scan(
    before: CarrierShipment,
    state: ShipmentScan["state"],
    trip: Trip | null,
    more: Partial<CarrierShipment> = {},
  ): CarrierShipment {
    if (before.scans.length >= SCANS_LIMIT) {
      throw refusal(409, "illegal_state", `the parcel was scanned ${SCANS_LIMIT} times`);
    }
    const at = now();
    const after: CarrierShipment = {
      ...before,
      ...more,
      state: stateAfter(state),
      scans: [...before.scans, { ...scanOf(state), id: newId(), at }],
      trip,
      updatedAt: at,
    };
    tell(after, state);
    scheduleNext(after);
    return after;
  }

  function tell(after: CarrierShipment, state: string): void {
    const { id, ordinal } = after;
    announce({ shipment: { [id]: after } }, { object: "shipment", id, ordinal, state });
  }

  for (const one of tables.shipment.values()) scheduleNext(withTrip(one));

  /** Older versions wrote no trip: what was on its way then goes on and arrives. */
  function withTrip(one: CarrierShipment): CarrierShipment {
    const isOnItsWay = one.state === "ready_to_ship" || one.state === "shipped";
    if (one.trip || !isOnItsWay) return one;
    const { createdAt: startedAt, scans } = one;
    const trip: Trip = { startedAt, fate: "delivered", taken: scans.length, again: false };
    const after = { ...one, trip };
    remember({ shipment: { [one.id]: after } });
    return after;
  }

  return {
    shipment,
    shipmentOfKey,
    scan,

    buyLabel({ address, reference, parcels }: LabelOrder, { key, requestDigest }: Idempotency) {
      const repeated = shipmentOfKey(key);
      if (repeated) {
        assertSameRequest(repeated, { key, requestDigest });
        return repeated;
      }
      const trackingCode = `SP${randomBytes(6).toString("hex").toUpperCase()}`;
      const ordinal = tables.shipment.size;
      const isLost = happens("losePackage", { object: "shipment", ordinal });
      const startedAt = now();
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
        createdAt: startedAt,
        updatedAt: startedAt,
        requestDigest,
        ordinal,
        trip: { startedAt, fate: isLost ? "lost" : fateOf(address), taken: 0, again: false },
        resendKeys: [],
        sentAt: null,
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
      const after: CarrierShipment = {
        ...found,
        state: "cancelled",
        trip: null,
        updatedAt: now(),
      };
      tell(after, "cancelled");
      return after;
    },

    /** Sends it out again: scanned at once, and this time it arrives. */
    resend(id: string, key: string): CarrierShipment {
      const found = shipment(id);
      if (found.resendKeys.includes(key)) return found;
      if (found.state !== "not_delivered") {
        throw refusal(409, "illegal_state", `the parcel is ${found.state}: not to be sent again`);
      }
      const startedAt = now();
      const sentAt = found.sentAt ?? found.createdAt;
      const travelMs = Date.parse(found.estimatedDeliveryAt) - Date.parse(sentAt);
      const trip: Trip = { startedAt, fate: "delivered", taken: 1, again: true };
      return scan(found, "shipped", trip, {
        resendKeys: [...found.resendKeys, key],
        sentAt: startedAt,
        estimatedDeliveryAt: new Date(Date.parse(startedAt) + travelMs).toISOString(),
      });
    },
  };
}

/** The label is in the link itself: nothing of the local stack can be reached by a browser. */
function labelUrl(trackingCode: string, { reference, parcels }: LabelOrder): string {
  const units = parcels.reduce((sum, parcel) => sum + parcel.units, 0);
  const lines = [CARRIER, trackingCode, `Order ${reference}`, `${parcels.length} / ${units}`];
  return `data:text/plain;charset=utf-8,${encodeURIComponent(lines.join("\n"))}`;
}
