import type { Hono } from "hono";
import * as z from "zod";
import { readBody, readIdempotency } from "../simulator/app.ts";
import { type SimulatorOptions, simulatorSchemas, startSimulator } from "../simulator/simulator.ts";
import type { Running } from "../socket-server.ts";
import { type Carrier, openCarrier } from "./carrier.ts";
import { installShipmentControls } from "./control-shipments.ts";
import { type CarrierTimes, shipmentSchema } from "./itinerary.ts";
import { providerShipmentSchema, type ShippingQuote } from "./provider.ts";
import { estimatedDelivery, priceMinor } from "./tariff.ts";

export type ShippingSimulatorOptions = SimulatorOptions & CarrierTimes;

const address = z.string().trim().min(1).max(1000);
const parcels = z
  .array(z.object({ units: z.int().positive().max(1_000_000) }))
  .min(1)
  .max(100);
const quoteBody = z.object({
  parcels,
  currency: z.string().regex(/^[A-Z]{3}$/),
  from: address.optional(),
  to: address,
});
const createBody = z.object({ reference: z.string().min(1).max(100), parcels, address });

/**
 * A shipping provider for the local stack: once a label is bought the carrier comes by itself, and
 * every scan is told by a webhook. Some addresses are not delivered to: see `itinerary.ts`.
 */
export function startShippingSimulator(options: ShippingSimulatorOptions): Promise<Running> {
  const schemas = { shipment: shipmentSchema, ...simulatorSchemas };
  return startSimulator("shipping", options, schemas, (app, workshop) => {
    const carrier = openCarrier(workshop, options);
    installShipping(app, carrier, workshop.now);
    installShipmentControls(app, carrier);
  });
}

function installShipping(app: Hono, carrier: Carrier, now: () => Date): void {
  app.post("/quotes", async (c) => {
    const body = await readBody(c, quoteBody);
    const quote: ShippingQuote = {
      amountMinor: priceMinor(body.parcels, body.currency, body),
      currency: body.currency,
      estimatedDeliveryAt: estimatedDelivery(now(), body).toISOString(),
    };
    return c.json(quote);
  });

  app.post("/shipments", async (c) => {
    const body = await readBody(c, createBody);
    const bought = carrier.buyLabel(body, readIdempotency(c, body));
    return c.json(providerShipmentSchema.parse(bought), 201);
  });

  app.get("/shipments", (c) => {
    const shipment = carrier.shipmentOfKey(c.req.query("idempotencyKey") ?? "");
    return c.json({ items: shipment ? [providerShipmentSchema.parse(shipment)] : [] });
  });

  app.get("/shipments/:id", (c) =>
    c.json(providerShipmentSchema.parse(carrier.shipment(c.req.param("id")))),
  );

  app.post("/shipments/:id/void", (c) =>
    c.json(providerShipmentSchema.parse(carrier.voidLabel(c.req.param("id")))),
  );

  app.post("/shipments/:id/resend", (c) => {
    const { key } = readIdempotency(c, {});
    return c.json(providerShipmentSchema.parse(carrier.resend(c.req.param("id"), key)));
  });
}
