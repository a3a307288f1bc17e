import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import type { ProviderConfig } from "../config.ts";
import { verifyWebhook } from "../domain/webhook-signature.ts";
import { httpPaymentProvider } from "../providers/payments/http-client.ts";
import type { PaymentProvider } from "../providers/payments/provider.ts";
import {
  type PaymentSimulatorOptions,
  startPaymentSimulator,
} from "../providers/payments/simulator.ts";
import { httpShippingProvider } from "../providers/shipping/http-client.ts";
import type { ShippingProvider } from "../providers/shipping/provider.ts";
import { startShippingSimulator } from "../providers/shipping/simulator.ts";
import { type SimulatorControl, simulatorControl } from "../providers/simulator/control.ts";
import type { Running } from "../providers/socket-server.ts";
import { type WebhookEvent, webhookEventSchema } from "../providers/webhook-event.ts";
import { startWebhookReceiver, type WebhookDelivery } from "../providers/webhook-receiver.ts";

export interface SimulatorTimes {
  settleMs: number;
  pickupMs: number;
  deliveryMs: number;
}

export interface TestProvidersOptions extends Partial<SimulatorTimes> {
  holdMs?: number;
  silenceMs?: number;
  /** What the receiver answers to an event that is well signed; 204 unless told. */
  answer?: (event: WebhookEvent) => number;
}

export interface TestProviders {
  payments: PaymentProvider;
  shipping: ShippingProvider;
  control: SimulatorControl;
  /** Puts the simulators' clocks forward by so much; gives the types of the events that this made. */
  pass(milliseconds: number): Promise<string[]>;
  paymentConfig: ProviderConfig;
  /** What the payment simulator was started with. */
  paymentOptions: PaymentSimulatorOptions;
  /** Every well signed webhook that came, in the order in which they came, repeats too. */
  events: readonly WebhookEvent[];
  /** Resolves with the first event, come or to come, of this type (and of this object). */
  told(type: string, id?: string): Promise<WebhookEvent>;
  /** Stops the simulators; the receiver goes on. */
  stop(): Promise<void>;
  /** Starts them again on what they remember, with other times if given. */
  start(times?: Partial<SimulatorTimes>): Promise<void>;
}

const WAIT_MS = 10_000;
const EVENTS_LIMIT = 1_000;
const TIMES: SimulatorTimes = { settleMs: 20, pickupMs: 20, deliveryMs: 40 };
const apiKey = "test-api-key";
const secret = "test-webhook-secret";

/** Both simulators and a receiver of their webhooks, on sockets and in a directory of the test's own. */
export async function testProviders(
  t: TestContext,
  options: TestProvidersOptions = {},
): Promise<TestProviders> {
  const { answer = () => 204, ...times } = options;
  const directory = await mkdtemp(join(tmpdir(), "mkt-providers-"));
  const socket = (name: string) => ({ socketPath: join(directory, `${name}.sock`) });
  const inbox = eventInbox();
  const running: Running[] = [];

  const shared = { apiKey, webhook: { endpoint: socket("webhooks"), secret } };
  const dataDirectory = join(directory, "data");
  const paymentOptions = { ...shared, ...socket("payments"), dataDirectory, ...TIMES, ...times };
  const start = async (otherTimes: Partial<SimulatorTimes> = {}) => {
    const options = { ...paymentOptions, ...otherTimes };
    running.push(await startPaymentSimulator(options));
    running.push(await startShippingSimulator({ ...options, ...socket("shipping") }));
  };
  const stop = async () => {
    await Promise.all(running.splice(0).map((one) => one.close()));
  };

  const receiver = await startWebhookReceiver({
    ...socket("webhooks"),
    handle: async ({ rawBody, signatureHeader: header }: WebhookDelivery) => {
      const check = verifyWebhook({ rawBody, header, secret, now: new Date() });
      if (!check.ok) return { status: 400 };
      const event = webhookEventSchema.parse(JSON.parse(Buffer.from(rawBody).toString("utf8")));
      inbox.add(event);
      return { status: answer(event) };
    },
  });
  t.onTestFinished(async () => {
    await stop();
    await receiver.close();
    await rm(directory, { recursive: true });
  });
  await start();

  const client = (name: string) => ({ endpoint: socket(name), apiKey, webhookSecret: secret });
  const paymentConfig = client("payments");
  const payments = httpPaymentProvider(paymentConfig);
  const shipping = httpShippingProvider(client("shipping"));
  const control = simulatorControl(paymentConfig, client("shipping"));
  const pass = async (milliseconds: number) => {
    const { offsetMs } = (await control.show()).payments;
    const done = await control.setClock(offsetMs + milliseconds);
    const kept = [
      ...(await payments.listEvents({ limit: EVENTS_LIMIT })),
      ...(await shipping.listEvents({ limit: EVENTS_LIMIT })),
    ];
    const ids = [...done.payments.eventIds, ...done.shipping.eventIds];
    return ids.map((id) => kept.find((event) => event.id === id)?.type ?? "unknown");
  };
  return {
    payments,
    shipping,
    control,
    pass,
    paymentConfig,
    paymentOptions,
    events: inbox.events,
    told: inbox.told,
    stop,
    start,
  };
}

function eventInbox() {
  const events: WebhookEvent[] = [];
  const waiting = new Set<(event: WebhookEvent) => void>();
  return {
    events,
    add(event: WebhookEvent) {
      events.push(event);
      for (const wake of waiting) wake(event);
    },
    told(type: string, id?: string): Promise<WebhookEvent> {
      const wanted = (event: WebhookEvent) =>
        event.type === type && (id === undefined || event.data.id === id);
      const come = events.find(wanted);
      if (come) return Promise.resolve(come);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(wake);
          const seen = events.map((event) => event.type).join(", ");
          reject(new Error(`no ${type} within ${WAIT_MS} ms; came: ${seen || "nothing"}`));
        }, WAIT_MS);
        const wake = (event: WebhookEvent) => {
          if (!wanted(event)) return;
          clearTimeout(timer);
          waiting.delete(wake);
          resolve(event);
        };
        waiting.add(wake);
      });
    },
  };
}
