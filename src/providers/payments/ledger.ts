import { z } from "zod";
import { newId } from "../../domain/ids.ts";
import { assertSameRequest, type Idempotency, refusal } from "../simulator/app.ts";
import type { SimulatorKinds, Workshop } from "../simulator/simulator.ts";
import { CARD_BEHAVIOURS, type Card } from "./cards.ts";
import { providerPaymentSchema, providerRefundSchema } from "./provider.ts";

/** What the simulated provider keeps of a payment; the card's behaviour is its own secret. */
export const paymentSchema = providerPaymentSchema.extend({
  requestDigest: z.string(),
  behaviour: z.enum(CARD_BEHAVIOURS),
  capture: z.boolean(),
});
export const refundSchema = providerRefundSchema.extend({ requestDigest: z.string() });

type LedgerPayment = z.infer<typeof paymentSchema>;
type LedgerRefund = z.infer<typeof refundSchema>;
type LedgerKinds = SimulatorKinds & { payment: LedgerPayment; refund: LedgerRefund };

interface Charge {
  amountMinor: number;
  currency: string;
  reference: string;
  capture: boolean;
  card: Card;
}

export type Ledger = ReturnType<typeof openLedger>;

/** The simulated provider's own books: rules, states, and when things settle. Refusals are thrown. */
export function openLedger(workshop: Workshop<LedgerKinds>, settleMs: number) {
  const { tables, timers, remember, announce } = workshop;
  const now = () => workshop.now().toISOString();
  const paymentIds = new Map(
    [...tables.payment.values()].map((one) => [one.idempotencyKey, one.id]),
  );
  const refundIds = new Map([...tables.refund.values()].map((one) => [one.idempotencyKey, one.id]));

  function payment(id: string): LedgerPayment {
    const found = tables.payment.get(id);
    if (!found) throw refusal(404, "not_found", `there is no payment ${id}`);
    return found;
  }

  function refundOfId(id: string): LedgerRefund {
    const found = tables.refund.get(id);
    if (!found) throw refusal(404, "not_found", `there is no refund ${id}`);
    return found;
  }

  const paymentOfKey = (key: string) => tables.payment.get(paymentIds.get(key) ?? "");

  function changePayment(before: LedgerPayment, changes: Partial<LedgerPayment>): LedgerPayment {
    const after = { ...before, ...changes, updatedAt: now() };
    const { id, state } = after;
    announce({ payment: { [id]: after } }, { object: "payment", id, state });
    return after;
  }

  function settlePayment(id: string): void {
    const found = payment(id);
    if (found.state !== "in_process") return;
    if (found.behaviour === "declined") {
      changePayment(found, { state: "rejected", reason: "insufficient_funds" });
    } else if (found.capture) {
      changePayment(found, { state: "approved", capturedMinor: found.amountMinor });
    } else {
      changePayment(found, { state: "authorized" });
    }
  }

  /** A refund and what it does to its payment are one change, told as one event. */
  function settleRefund(id: string): void {
    const pending = refundOfId(id);
    if (pending.state !== "pending") return;
    const of = payment(pending.paymentId);
    const state = of.behaviour === "refund_fails" ? "failed" : "succeeded";
    const refund = { [id]: { ...pending, state, updatedAt: now() } } as const;
    const refundedMinor = of.refundedMinor + pending.amountMinor;
    const refunded = { [of.id]: { ...of, refundedMinor, updatedAt: now() } };
    const change = state === "failed" ? { refund } : { refund, payment: refunded };
    announce(change, { object: "refund", id, state });
  }

  const due = (since: string) => new Date(Date.parse(since) + settleMs);
  const schedulePayment = ({ id, createdAt }: LedgerPayment) =>
    timers.at(due(createdAt), () => settlePayment(id));
  const scheduleRefund = ({ id, createdAt }: LedgerRefund) =>
    timers.at(due(createdAt), () => settleRefund(id));

  for (const one of tables.payment.values()) if (one.state === "in_process") schedulePayment(one);
  for (const one of tables.refund.values()) if (one.state === "pending") scheduleRefund(one);

  return {
    payment,
    refundOfId,
    paymentOfKey,

    /** What the same key and request made before. */
    repeatedPayment(idempotency: Idempotency): LedgerPayment | undefined {
      const made = paymentOfKey(idempotency.key);
      if (made) assertSameRequest(made, idempotency);
      return made;
    },

    charge({ card, ...charge }: Charge, { key, requestDigest }: Idempotency): LedgerPayment {
      const made: LedgerPayment = {
        id: newId(),
        idempotencyKey: key,
        reference: charge.reference,
        state: "in_process",
        deadlineAt: null,
        nextActionUrl: null,
        chargeback: null,
        amountMinor: charge.amountMinor,
        capturedMinor: 0,
        refundedMinor: 0,
        currency: charge.currency,
        instrument: card.instrument,
        createdAt: now(),
        updatedAt: now(),
        requestDigest,
        behaviour: card.behaviour,
        capture: charge.capture,
      };
      remember({ payment: { [made.id]: made } });
      paymentIds.set(key, made.id);
      schedulePayment(made);
      return made;
    },

    capture(id: string): LedgerPayment {
      const found = payment(id);
      if (found.state === "approved") return found;
      if (found.state !== "authorized") {
        throw refusal(409, "illegal_state", `the payment is ${found.state}, not authorized`);
      }
      return changePayment(found, { state: "approved", capturedMinor: found.amountMinor });
    },

    cancel(id: string): LedgerPayment {
      const found = payment(id);
      if (found.state === "cancelled") return found;
      if (found.state !== "in_process" && found.state !== "authorized") {
        throw refusal(409, "illegal_state", `the payment is ${found.state} already`);
      }
      return changePayment(found, { state: "cancelled" });
    },

    refund(paymentId: string, amountMinor: number, idempotency: Idempotency): LedgerRefund {
      const repeated = tables.refund.get(refundIds.get(idempotency.key) ?? "");
      if (repeated) {
        assertSameRequest(repeated, idempotency);
        return repeated;
      }
      const of = payment(paymentId);
      const leftMinor = of.capturedMinor - heldByRefundsMinor(paymentId);
      if (amountMinor > leftMinor) {
        const message = `${amountMinor} is more than the ${leftMinor} left of what was captured`;
        throw refusal(422, "refund_too_large", message);
      }
      const made: LedgerRefund = {
        id: newId(),
        idempotencyKey: idempotency.key,
        paymentId,
        state: "pending",
        amountMinor,
        createdAt: now(),
        updatedAt: now(),
        requestDigest: idempotency.requestDigest,
      };
      remember({ refund: { [made.id]: made } });
      refundIds.set(made.idempotencyKey, made.id);
      scheduleRefund(made);
      return made;
    },
  };

  function heldByRefundsMinor(paymentId: string): number {
    const refunds = [...tables.refund.values()].filter((one) => one.paymentId === paymentId);
    const held = refunds.filter((one) => one.state !== "failed");
    return held.reduce((sum, one) => sum + one.amountMinor, 0);
  }
}
