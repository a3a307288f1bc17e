import { shipmentEvent } from "../event-data.ts";
import type { ShipmentRow } from "./rows.ts";
import {
  addStep,
  type Moment,
  PAYMENTS,
  SHIPPING,
  type Telling,
  takeStep,
  tell,
} from "./telling.ts";

/** The parcel of an order's past. Without one, nothing happens to it. */
export interface PastParcel {
  make(moment: Moment): void;
  /** Buys the label, where there is none. */
  label(moment: Moment, carrier: string | null, trackingCode: string | null): void;
  move(event: string, actor: string, moment: Moment): void;
  /** Ends it where the carrier does not have it yet. */
  cancel(actor: string, moment: Moment): void;
}

const AT_HOME = ["pending", "handling", "ready_to_ship"];

export function pastParcel(telling: Telling): PastParcel {
  const { order, rows } = telling;
  let shipment: ShipmentRow | undefined;
  const move = (event: string, actor: string, moment: Moment) => {
    if (!shipment) return;
    takeStep(telling, "shipment", shipment, event, actor, moment);
    tell(telling, shipmentEvent(shipment), actor, moment);
  };
  return {
    move,
    make: (moment) => {
      shipment = newShipment(telling, moment.at);
      rows.shipment.push(shipment);
      const { id: subjectId } = shipment;
      const step = {
        machine: "shipment",
        subjectId,
        event: "create",
        from: null,
        to: "pending",
      } as const;
      addStep(telling, step, PAYMENTS, moment);
      tell(telling, shipmentEvent(shipment), PAYMENTS, moment);
    },
    label: (moment, carrier, trackingCode) => {
      if (shipment?.state !== "pending") return;
      move("prepare", `user:${order.sellerId}`, moment);
      shipment.synthesised = telling.synthesised;
      shipment.carrier = carrier;
      shipment.trackingCode = trackingCode;
      shipment.estimatedDeliveryAt = order.estimatedDeliveryAt;
      move("label", SHIPPING, moment);
    },
    cancel: (actor, moment) => {
      if (shipment && AT_HOME.includes(shipment.state)) move("cancel", actor, moment);
    },
  };
}

function newShipment({ order, newId }: Telling, at: string): ShipmentRow {
  return {
    id: newId(at),
    orderId: order.id,
    state: "pending",
    providerId: null,
    carrier: null,
    trackingCode: null,
    labelUrl: null,
    estimatedDeliveryAt: null,
    revision: 1,
    createdAt: at,
    changedAt: at,
    restockedAt: null,
    synthesised: false,
  };
}
