import type { Hono } from "hono";
import { refusal } from "../simulator/app.ts";
import type { Carrier } from "./carrier.ts";
import { type CarrierShipment, scannedAhead } from "./itinerary.ts";
import { providerShipmentSchema, type ShipmentScan } from "./provider.ts";

type State = CarrierShipment["state"];
type Scans = readonly ShipmentScan["state"][];

/** The scans by which a verb leads from a state; none where it stands there already. */
const CONTROLS: Record<string, Partial<Record<State, Scans>>> = {
  scan: { ready_to_ship: ["shipped"], shipped: ["in_transit"] },
  deliver: {
    ready_to_ship: ["shipped", "delivered"],
    shipped: ["delivered"],
    not_delivered: ["delivered"],
    delivered: [],
  },
  fail: {
    ready_to_ship: ["shipped", "not_delivered"],
    shipped: ["not_delivered"],
    not_delivered: [],
  },
  lose: { ready_to_ship: ["shipped", "lost"], shipped: ["lost"], lost: [] },
  return: {
    ready_to_ship: ["shipped", "not_delivered", "returned"],
    shipped: ["not_delivered", "returned"],
    not_delivered: ["returned"],
    returned: [],
  },
};

/** The routes by which a test, or `mkt trigger`, moves a parcel at once. */
export function installShipmentControls(app: Hono, carrier: Carrier): void {
  for (const [verb, ways] of Object.entries(CONTROLS)) {
    app.post(`/control/shipments/:id/${verb}`, (c) => {
      let parcel = carrier.shipment(c.req.param("id"));
      const scans = ways[parcel.state];
      if (!scans) {
        throw refusal(409, "illegal_state", `the parcel is ${parcel.state}: no ${verb} from there`);
      }
      // A parcel that was only scanned goes on by itself; one whose end was decided does not.
      const goesOn = (trip: CarrierShipment["trip"]) =>
        verb === "scan" ? scannedAhead(trip) : null;
      for (const scan of scans) parcel = carrier.scan(parcel, scan, goesOn(parcel.trip));
      return c.json(providerShipmentSchema.parse(parcel));
    });
  }
}
