import * as z from "zod";
import type { ProviderConfig } from "../../config.ts";
import {
  type ProviderPayment,
  providerPaymentSchema,
  type REJECTIONS,
} from "../payments/provider.ts";
import { providerCall } from "../provider-call.ts";
import { type ProviderShipment, providerShipmentSchema } from "../shipping/provider.ts";
import type { WebhookProvider } from "../webhook-event.ts";
import { type Faults, faultsSchema } from "./faults.ts";

/** What a jump of a simulator's clock brought about. */
export const clockAnswerSchema = z.object({
  offsetMs: z.int().nonnegative(),
  /** The simulator's time after it. */
  now: z.iso.datetime(),
  /** How many events it made. */
  events: z.int().nonnegative(),
  /** The first of their ids, at most 10,000, in the order in which they happened. */
  eventIds: z.array(z.string()),
  /** Those of them that a fault keeps from being told. */
  lostEventIds: z.array(z.string()),
});

/** How a simulator stands. */
export const simulatorStateSchema = z.object({
  now: z.iso.datetime(),
  offsetMs: z.int().nonnegative(),
  faults: faultsSchema,
  /** How many things of a kind stand in a state, such as `payment.approved`; `event.lost` and so on. */
  counts: z.record(z.string(), z.int()),
});

export type ClockAnswer = z.infer<typeof clockAnswerSchema>;
export type SimulatorState = z.infer<typeof simulatorStateSchema>;

type PerProvider<T> = Record<WebhookProvider, T>;

/**
 * What only a simulated provider lets one do: its clock, its faults, and what other people would do at
 * the provider. Ids are the provider's. Steps that are not legal are `illegal_transition`; a thing that
 * stands where it should is left as it is.
 */
export interface SimulatorControl {
  /**
   * Sets how far both clocks are ahead of real time; they never go back. Everything that became due
   * has happened when it resolves; webhooks of it may be on their way.
   */
  setClock(offsetMs: number): Promise<PerProvider<ClockAnswer>>;
  show(): Promise<PerProvider<SimulatorState>>;
  faults(): Promise<Faults>;
  /** Sets all faults of both simulators anew. */
  setFaults(faults: Faults): Promise<Faults>;

  /** Takes the whole amount whatever the payment was: also rejected or cancelled. */
  approvePayment(paymentId: string): Promise<ProviderPayment>;
  rejectPayment(paymentId: string, reason?: (typeof REJECTIONS)[number]): Promise<ProviderPayment>;
  chargeBackPayment(paymentId: string): Promise<ProviderPayment>;
  winChargeback(paymentId: string): Promise<ProviderPayment>;
  loseChargeback(paymentId: string): Promise<ProviderPayment>;
  mediatePayment(paymentId: string): Promise<ProviderPayment>;

  /** The next scan of a parcel on its way: `shipped`, then `in_transit`. */
  scanShipment(shipmentId: string): Promise<ProviderShipment>;
  /** These scan first what must come before. */
  deliverShipment(shipmentId: string): Promise<ProviderShipment>;
  failDelivery(shipmentId: string): Promise<ProviderShipment>;
  loseShipment(shipmentId: string): Promise<ProviderShipment>;
  returnShipment(shipmentId: string): Promise<ProviderShipment>;
}

/** A jump over a long time makes many things happen before it is answered. */
const TIMEOUT_MS = 120_000;

/** The controls of both simulators. Throws MktErrors as providers do. */
export function simulatorControl(
  paymentsConfig: ProviderConfig,
  shippingConfig: ProviderConfig,
): SimulatorControl {
  const options = { timeoutMs: TIMEOUT_MS };
  const payments = providerCall("the payment simulator", paymentsConfig, options);
  const shipping = providerCall("the shipping simulator", shippingConfig, options);
  // One that is away must not keep the other from hearing.
  const both = async <T>(ask: (call: typeof payments) => Promise<T>): Promise<PerProvider<T>> => {
    const asked = { payments: ask(payments), shipping: ask(shipping) };
    await Promise.allSettled(Object.values(asked));
    return { payments: await asked.payments, shipping: await asked.shipping };
  };
  const payment =
    (verb: string) =>
    (id: string, reason?: string): Promise<ProviderPayment> => {
      const path = `/control/payments/${encodeURIComponent(id)}/${verb}`;
      const body = reason === undefined ? {} : { reason };
      return payments({ method: "POST", path, body }, providerPaymentSchema);
    };
  const shipment =
    (verb: string) =>
    (id: string): Promise<ProviderShipment> => {
      const path = `/control/shipments/${encodeURIComponent(id)}/${verb}`;
      return shipping({ method: "POST", path }, providerShipmentSchema);
    };
  return {
    setClock: (offsetMs) =>
      both((call) =>
        call({ method: "POST", path: "/control/clock", body: { offsetMs } }, clockAnswerSchema),
      ),
    show: () => both((call) => call({ method: "GET", path: "/control" }, simulatorStateSchema)),
    faults: () => payments({ method: "GET", path: "/control/faults" }, faultsSchema),
    async setFaults(faults) {
      const request = { method: "PUT", path: "/control/faults", body: faults } as const;
      return (await both((call) => call(request, faultsSchema))).payments;
    },

    approvePayment: payment("approve"),
    rejectPayment: payment("reject"),
    chargeBackPayment: payment("chargeback"),
    winChargeback: payment("win-chargeback"),
    loseChargeback: payment("lose-chargeback"),
    mediatePayment: payment("mediate"),

    scanShipment: shipment("scan"),
    deliverShipment: shipment("deliver"),
    failDelivery: shipment("fail"),
    loseShipment: shipment("lose"),
    returnShipment: shipment("return"),
  };
}
