import * as z from "zod";
import { newId } from "../../domain/ids.ts";
import { assertSameRequest, type Idempotency, refusal } from "../simulator/app.ts";
import type { SimulatorKinds, Workshop } from "../simulator/simulator.ts";
import type { Card } from "./cards.ts";
import { accepted, changed, type LedgerPayment, nextStep, openTerms } from "./next-step.ts";
import { providerRefundSchema } from "./provider.ts";

export const refundSchema = providerRefundSchema.extend({
  requestDigest: z.string(),
  /** The how-manieth refund it is. */
  ordinal: z.int().nonnegative().default(0),
});

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
  const { tables, timers, remember, announce, happens } = workshop;
  const now = () => workshop.now().toISOString();
  const paymentIds = new Map(
    [...tables.payment.values()].map((one) => [one.idempotencyKey, one.id]),
  );
  const refundIds = new Map<string, string>();
  const refundsOf = new Map<string, string[]>();

  function index({ id, idempotencyKey, paymentId }: LedgerRefund): void {
    refundIds.set(idempotencyKey, id);
    refundsOf.set(paymentId, [...(refundsOf.get(paymentId) ?? []), id]);
  }

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
  const refundOfKey = (key: string) => tables.refund.get(refundIds.get(key) ?? "");

  function change(before: LedgerPayment, changes: Partial<LedgerPayment>): LedgerPayment {
    const after = changed(before, changes, now());
    const { id, state, ordinal } = after;
    announce({ payment: { [id]: after } }, { object: "payment", id, ordinal, state });
    schedulePayment(after);
    return after;
  }

  function schedulePayment(one: LedgerPayment): void {
    const step = nextStep(one, settleMs);
    if (step) timers.at(new Date(step.dueMs), () => takeStep(one.id));
  }

  /** What was to happen when the timer was set may not be what is to happen now. */
  function takeStep(id: string): void {
    const found = payment(id);
    const step = nextStep(found, settleMs);
    if (step && step.dueMs <= workshop.now().getTime()) change(found, step.changes);
  }

  const refundFails = ({ id, behaviour, state }: LedgerPayment) =>
    state === "charged_back" ||
    behaviour === "refund_fails" ||
    (behaviour === "refund_fails_once" && refunds(id).every((one) => one.state !== "failed"));

  /** A refund and what it does to its payment are one change, told as one event. */
  function settleRefund(id: string): void {
    const pending = refundOfId(id);
    if (pending.state !== "pending") return;
    const of = payment(pending.paymentId);
    const state = refundFails(of) ? "failed" : "succeeded";
    const refund = { [id]: { ...pending, state, updatedAt: now() } } as const;
    const refundedMinor = of.refundedMinor + pending.amountMinor;
    const refunded = { [of.id]: { ...of, refundedMinor, updatedAt: now() } };
    const both = state === "failed" ? { refund } : { refund, payment: refunded };
    announce(both, { object: "refund", id, ordinal: pending.ordinal, state });
  }

  const scheduleRefund = ({ id, createdAt }: LedgerRefund) =>
    timers.at(new Date(Date.parse(createdAt) + settleMs), () => settleRefund(id));

  for (const one of tables.refund.values()) index(one);
  for (const one of tables.payment.values()) schedulePayment(one);
  for (const one of tables.refund.values()) if (one.state === "pending") scheduleRefund(one);

  return {
    payment,
    refundOfId,
    paymentOfKey,
    refundOfKey,
    change,

    /** What the same key and request made before. */
    repeatedPayment(idempotency: Idempotency): LedgerPayment | undefined {
      const made = paymentOfKey(idempotency.key);
      if (made) assertSameRequest(made, idempotency);
      return made;
    },

    /** Makes a payment; `silent` when its maker shall not hear of it. */
    charge({ card, ...charge }: Charge, { key, requestDigest }: Idempotency) {
      const ordinal = tables.payment.size;
      const thing = { object: "payment", ordinal } as const;
      const isGood = card.behaviour === "approved" || card.behaviour === "timeout";
      const isDeclined = isGood && happens("decline", thing);
      const isChargedBack = isGood && !isDeclined && happens("chargeback", thing);
      const behaviour = isDeclined ? "declined" : isChargedBack ? "chargeback" : card.behaviour;
      const id = newId();
      const createdAt = now();
      const made: LedgerPayment = {
        id,
        idempotencyKey: key,
        reference: charge.reference,
        state: "in_process",
        ...openTerms({ ...charge, id, behaviour, createdAt }),
        chargeback: null,
        amountMinor: charge.amountMinor,
        capturedMinor: 0,
        refundedMinor: 0,
        currency: charge.currency,
        instrument: card.instrument,
        createdAt,
        updatedAt: createdAt,
        requestDigest,
        behaviour,
        capture: charge.capture,
        ordinal,
        confirmed: false,
        approvedAt: null,
        chargedBackAt: null,
      };
      remember({ payment: { [id]: made } });
      paymentIds.set(key, id);
      schedulePayment(made);
      const silent = card.behaviour === "timeout" || happens("timeout", thing);
      return { payment: made, silent };
    },

    capture(id: string): LedgerPayment {
      const found = payment(id);
      if (found.capturedMinor > 0) return found;
      if (found.state !== "authorized") {
        throw refusal(409, "illegal_state", `the payment is ${found.state}, not authorized`);
      }
      return change(found, { state: "approved", capturedMinor: found.amountMinor });
    },

    cancel(id: string): LedgerPayment {
      const found = payment(id);
      if (found.state === "cancelled") return found;
      if (found.state !== "in_process" && found.state !== "authorized") {
        throw refusal(409, "illegal_state", `the payment is ${found.state} already`);
      }
      return change(found, { state: "cancelled" });
    },

    confirm(id: string): LedgerPayment {
      const found = payment(id);
      if (found.confirmed) return found;
      if (found.behaviour !== "second_step" || found.state !== "in_process") {
        throw refusal(409, "illegal_state", `the payment is ${found.state}: nothing to confirm`);
      }
      return change(found, { ...accepted(found), confirmed: true });
    },

    refund(paymentId: string, amountMinor: number, idempotency: Idempotency): LedgerRefund {
      const repeated = refundOfKey(idempotency.key);
      if (repeated) {
        assertSameRequest(repeated, idempotency);
        return repeated;
      }
      const of = payment(paymentId);
      if (of.state === "charged_back") {
        throw refusal(409, "illegal_state", "the card holder has the money back already");
      }
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
        ordinal: tables.refund.size,
      };
      remember({ refund: { [made.id]: made } });
      index(made);
      scheduleRefund(made);
      return made;
    },
  };

  function refunds(paymentId: string): LedgerRefund[] {
    return (refundsOf.get(paymentId) ?? []).map(refundOfId);
  }

  function heldByRefundsMinor(paymentId: string): number {
    const held = refunds(paymentId).filter((one) => one.state !== "failed");
    return held.reduce((sum, one) => sum + one.amountMinor, 0);
  }
}
