import * as z from "zod";
import { CARD_BEHAVIOURS } from "./cards.ts";
import { providerPaymentSchema, type REJECTIONS } from "./provider.ts";

const timestamp = z.iso.datetime();

/**
 * What the simulated provider keeps of a payment: the card's behaviour, and what counts for its timers,
 * are its own secret. Defaults are for what older versions did not write.
 */
export const paymentSchema = providerPaymentSchema.extend({
  deadlineAt: timestamp.nullable().default(null),
  nextActionUrl: z.string().nullable().default(null),
  chargeback: providerPaymentSchema.shape.chargeback.default(null),
  requestDigest: z.string(),
  behaviour: z.enum(CARD_BEHAVIOURS),
  capture: z.boolean(),
  /** The how-manieth payment it is. */
  ordinal: z.int().nonnegative().default(0),
  /** Whether the buyer has passed the second step. */
  confirmed: z.boolean().default(false),
  approvedAt: timestamp.nullable().default(null),
  chargedBackAt: timestamp.nullable().default(null),
});

export type LedgerPayment = z.infer<typeof paymentSchema>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SECOND_STEP_MS = HOUR_MS;
const TICKET_MS = 3 * DAY_MS;
/** On the third day, as whoever carries cash to a shop does. */
const TICKET_PAID_MS = 2.5 * DAY_MS;
const AUTHORIZATION_MS = 7 * DAY_MS;
const CHARGEBACK_MS = 10 * DAY_MS;
const CHARGEBACK_VERDICT_MS = 10 * DAY_MS;

const REASONS: Partial<Record<LedgerPayment["behaviour"], (typeof REJECTIONS)[number]>> = {
  declined: "insufficient_funds",
  declined_expired_card: "expired_card",
  declined_bad_security_code: "bad_security_code",
  declined_high_risk: "high_risk",
  declined_call_for_authorize: "call_for_authorize",
};

/** Something that the provider does by itself. */
export interface NextStep {
  dueMs: number;
  changes: Partial<LedgerPayment>;
}

/** What becomes of a payment by itself, if anything, and when. A pure function of the payment. */
export function nextStep(payment: LedgerPayment, settleMs: number): NextStep | undefined {
  const { state, behaviour, deadlineAt, approvedAt, chargedBackAt } = payment;
  const at = (since: string, afterMs: number, changes: Partial<LedgerPayment>): NextStep => ({
    dueMs: Date.parse(since) + afterMs,
    changes,
  });
  if (state === "authorized" && deadlineAt) return at(deadlineAt, 0, { state: "cancelled" });
  if (state === "in_process") {
    if (behaviour === "ticket") return at(payment.createdAt, TICKET_PAID_MS, accepted(payment));
    if (deadlineAt) return at(deadlineAt, 0, { state: "cancelled" });
    const reason = REASONS[behaviour];
    return at(
      payment.createdAt,
      settleMs,
      reason ? { state: "rejected", reason } : accepted(payment),
    );
  }
  if (!behaviour.startsWith("chargeback")) return undefined;
  if (state === "approved" && payment.chargeback === null && approvedAt) {
    if (payment.refundedMinor === payment.capturedMinor) return undefined;
    return at(approvedAt, CHARGEBACK_MS, { state: "charged_back", chargeback: "open" });
  }
  if (state === "charged_back" && payment.chargeback === "open" && chargedBackAt) {
    if (behaviour === "chargeback_won") {
      return at(chargedBackAt, CHARGEBACK_VERDICT_MS, { state: "approved", chargeback: "won" });
    }
    if (behaviour === "chargeback_lost") {
      return at(chargedBackAt, CHARGEBACK_VERDICT_MS, { chargeback: "lost" });
    }
  }
  return undefined;
}

/** What a good answer makes of a payment: it is taken, or only authorized if that was asked. */
export function accepted({ capture, amountMinor }: LedgerPayment): Partial<LedgerPayment> {
  return capture ? { state: "approved", capturedMinor: amountMinor } : { state: "authorized" };
}

/** A payment with its changes, and what follows from its state. */
export function changed(
  before: LedgerPayment,
  changes: Partial<LedgerPayment>,
  now: string,
): LedgerPayment {
  const after = { ...before, ...changes, updatedAt: now };
  const { state } = after;
  if (state !== "in_process") {
    after.nextActionUrl = null;
    after.deadlineAt = state === "authorized" ? plus(after.createdAt, AUTHORIZATION_MS) : null;
  }
  if (state !== "rejected") after.reason = undefined;
  if (state === "approved") after.approvedAt ??= now;
  if (state === "charged_back" && before.state !== state) after.chargedBackAt = now;
  return after;
}

/** Until when an undecided payment is kept, and what its buyer has to do meanwhile. */
export function openTerms({
  id,
  behaviour,
  createdAt,
  amountMinor,
  currency,
}: Pick<LedgerPayment, "id" | "behaviour" | "createdAt" | "amountMinor" | "currency">): Pick<
  LedgerPayment,
  "deadlineAt" | "nextActionUrl"
> {
  if (behaviour === "second_step") {
    const nextActionUrl = `https://payments.invalid/simulated/second-step/${id}`;
    return { deadlineAt: plus(createdAt, SECOND_STEP_MS), nextActionUrl };
  }
  if (behaviour === "ticket" || behaviour === "ticket_unpaid") {
    const deadlineAt = plus(createdAt, TICKET_MS);
    const lines = ["Simulated voucher", id, `${amountMinor} ${currency}`, `pay by ${deadlineAt}`];
    // The voucher is in the link itself: nothing of the local stack can be reached by a browser.
    const nextActionUrl = `data:text/plain;charset=utf-8,${encodeURIComponent(lines.join("\n"))}`;
    return { deadlineAt, nextActionUrl };
  }
  return { deadlineAt: null, nextActionUrl: null };
}

function plus(time: string, milliseconds: number): string {
  return new Date(Date.parse(time) + milliseconds).toISOString();
}
