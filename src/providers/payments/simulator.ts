import { setTimeout as delay } from "node:timers/promises";
import type { Hono } from "hono";
import * as z from "zod";
import { readBody, readIdempotency, refusal } from "../simulator/app.ts";
import { type SimulatorOptions, simulatorSchemas, startSimulator } from "../simulator/simulator.ts";
import type { Running } from "../socket-server.ts";
import { cardOf } from "./cards.ts";
import { installPaymentControls } from "./control-payments.ts";
import { type Ledger, openLedger, refundSchema } from "./ledger.ts";
import { paymentSchema } from "./next-step.ts";
import { providerPaymentSchema, providerRefundSchema } from "./provider.ts";

export interface PaymentSimulatorOptions extends SimulatorOptions {
  /** How long a payment stays `in_process`, and a refund `pending`. */
  settleMs: number;
  /** How long the caller of a charge that is not answered waits for nothing. */
  silenceMs?: number | undefined;
}

const SILENCE_MS = 30_000;
const AMOUNT_LIMIT_MINOR = 1_000_000_000_000;

const amountMinor = z.int().positive().max(AMOUNT_LIMIT_MINOR);
const createBody = z.object({
  amountMinor,
  currency: z.string().regex(/^[A-Z]{3}$/),
  cardToken: z.string().max(100),
  reference: z.string().min(1).max(100),
  capture: z.boolean(),
});
const refundBody = z.object({ amountMinor });

/**
 * A payment provider for the local stack: asynchronous, durable, honest about repeated keys.
 * Test cards: see `cards.ts`.
 */
export function startPaymentSimulator(options: PaymentSimulatorOptions): Promise<Running> {
  const { settleMs, silenceMs = SILENCE_MS } = options;
  const schemas = { payment: paymentSchema, refund: refundSchema, ...simulatorSchemas };
  return startSimulator("payments", options, schemas, (app, workshop) => {
    const ledger = openLedger(workshop, settleMs);
    installPayments(app, ledger, silenceMs);
    installPaymentControls(app, ledger);
  });
}

function installPayments(app: Hono, ledger: Ledger, silenceMs: number): void {
  app.post("/payments", async (c) => {
    const body = await readBody(c, createBody);
    const idempotency = readIdempotency(c, body);
    const repeated = ledger.repeatedPayment(idempotency);
    if (repeated) return c.json(providerPaymentSchema.parse(repeated));
    const card = cardOf(body.cardToken);
    if (!card) throw refusal(422, "unknown_card_token", "there is no card with this token");
    const { payment, silent } = ledger.charge({ ...body, card }, idempotency);
    // The charge is made all the same: who never hears of it has to ask, or to repeat the key.
    if (silent) {
      await delay(silenceMs, undefined, { signal: c.req.raw.signal });
      throw refusal(504, "timeout", "no answer in time");
    }
    return c.json(providerPaymentSchema.parse(payment), 201);
  });

  app.get("/payments", (c) => {
    const payment = ledger.paymentOfKey(c.req.query("idempotencyKey") ?? "");
    return c.json({ items: payment ? [providerPaymentSchema.parse(payment)] : [] });
  });

  app.get("/payments/:id", (c) =>
    c.json(providerPaymentSchema.parse(ledger.payment(c.req.param("id")))),
  );

  app.post("/payments/:id/capture", (c) =>
    c.json(providerPaymentSchema.parse(ledger.capture(c.req.param("id")))),
  );

  app.post("/payments/:id/cancel", (c) =>
    c.json(providerPaymentSchema.parse(ledger.cancel(c.req.param("id")))),
  );

  app.post("/payments/:id/confirm", (c) =>
    c.json(providerPaymentSchema.parse(ledger.confirm(c.req.param("id")))),
  );

  app.post("/payments/:id/refunds", async (c) => {
    const body = await readBody(c, refundBody);
    const refund = ledger.refund(c.req.param("id"), body.amountMinor, readIdempotency(c, body));
    return c.json(providerRefundSchema.parse(refund), 201);
  });

  app.get("/refunds", (c) => {
    const refund = ledger.refundOfKey(c.req.query("idempotencyKey") ?? "");
    return c.json({ items: refund ? [providerRefundSchema.parse(refund)] : [] });
  });

  app.get("/refunds/:id", (c) =>
    c.json(providerRefundSchema.parse(ledger.refundOfId(c.req.param("id")))),
  );
}
