import * as z from "zod";
import type { ProviderConfig } from "../../config.ts";
import { type ProviderCallOptions, providerCall } from "../provider-call.ts";
import { eventCalls } from "../provider-events.ts";
import { type PaymentProvider, providerPaymentSchema, providerRefundSchema } from "./provider.ts";

const found = z.object({ items: z.array(providerPaymentSchema).max(1) });
const foundRefund = z.object({ items: z.array(providerRefundSchema).max(1) });

/** The payment provider behind the simulator's HTTP API. Throws MktErrors as `PaymentProvider` says. */
export function httpPaymentProvider(
  config: ProviderConfig,
  options?: ProviderCallOptions,
): PaymentProvider {
  const call = providerCall("the payment provider", config, options);
  const payment = (id: string) => `/payments/${encodeURIComponent(id)}`;
  return {
    createPayment: ({ idempotencyKey, ...body }) =>
      call({ method: "POST", path: "/payments", body, idempotencyKey }, providerPaymentSchema),

    getPayment: (id) => call({ method: "GET", path: payment(id) }, providerPaymentSchema),

    async findByKey(idempotencyKey) {
      const query = new URLSearchParams({ idempotencyKey });
      const { items } = await call({ method: "GET", path: `/payments?${query}` }, found);
      return items[0];
    },

    capturePayment: (id, idempotencyKey) => {
      const path = `${payment(id)}/capture`;
      return call({ method: "POST", path, idempotencyKey }, providerPaymentSchema);
    },

    cancelPayment: (id, idempotencyKey) => {
      const path = `${payment(id)}/cancel`;
      return call({ method: "POST", path, idempotencyKey }, providerPaymentSchema);
    },

    confirmPayment: (id, idempotencyKey) => {
      const path = `${payment(id)}/confirm`;
      return call({ method: "POST", path, idempotencyKey }, providerPaymentSchema);
    },

    createRefund: ({ idempotencyKey, paymentId, amountMinor }) => {
      const path = `${payment(paymentId)}/refunds`;
      const request = { method: "POST", path, body: { amountMinor }, idempotencyKey } as const;
      return call(request, providerRefundSchema);
    },

    getRefund: (id) =>
      call({ method: "GET", path: `/refunds/${encodeURIComponent(id)}` }, providerRefundSchema),

    async findRefundByKey(idempotencyKey) {
      const query = new URLSearchParams({ idempotencyKey });
      const { items } = await call({ method: "GET", path: `/refunds?${query}` }, foundRefund);
      return items[0];
    },

    ...eventCalls(call),
  };
}
