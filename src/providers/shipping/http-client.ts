import * as z from "zod";
import type { ProviderConfig } from "../../config.ts";
import { type ProviderCallOptions, providerCall } from "../provider-call.ts";
import { eventCalls } from "../provider-events.ts";
import { providerShipmentSchema, quoteSchema, type ShippingProvider } from "./provider.ts";

const found = z.object({ items: z.array(providerShipmentSchema).max(1) });

/** The shipping provider behind the simulator's HTTP API. Throws MktErrors as `ShippingProvider` says. */
export function httpShippingProvider(
  config: ProviderConfig,
  options?: ProviderCallOptions,
): ShippingProvider {
  const call = providerCall("the shipping provider", config, options);
  const shipment = (id: string) => `/shipments/${encodeURIComponent(id)}`;
  return {
    quote: (body) => call({ method: "POST", path: "/quotes", body }, quoteSchema),

    createShipment: ({ idempotencyKey, ...body }) =>
      call({ method: "POST", path: "/shipments", body, idempotencyKey }, providerShipmentSchema),

    getShipment: (id) => call({ method: "GET", path: shipment(id) }, providerShipmentSchema),

    async findByKey(idempotencyKey) {
      const query = new URLSearchParams({ idempotencyKey });
      const { items } = await call({ method: "GET", path: `/shipments?${query}` }, found);
      return items[0];
    },

    voidLabel: (id) =>
      call({ method: "POST", path: `${shipment(id)}/void` }, providerShipmentSchema),

    resendShipment: (id, idempotencyKey) => {
      const path = `${shipment(id)}/resend`;
      return call({ method: "POST", path, idempotencyKey }, providerShipmentSchema);
    },

    ...eventCalls(call),
  };
}
