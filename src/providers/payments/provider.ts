import * as z from "zod";
import type { EventListing, ProviderEvent } from "../webhook-event.ts";

/** Why a payment was rejected, in the field's usual words. */
export const REJECTIONS = [
  "insufficient_funds",
  "card_declined",
  "expired_card",
  "bad_security_code",
  "high_risk",
  "call_for_authorize",
] as const;

const minor = z.int().nonnegative();
const timestamp = z.iso.datetime();

/** A payment as its provider tells it. Amounts are in the currency's minor units, times ISO 8601. */
export const providerPaymentSchema = z.object({
  /** The provider's own id. */
  id: z.string().min(1).max(100),
  /** Our payment row's id. */
  idempotencyKey: z.string(),
  /** Our order's id. */
  reference: z.string(),
  /** A refund leaves it `approved`: what was given back stands in `refundedMinor`. */
  state: z.enum([
    "in_process",
    "authorized",
    "approved",
    "rejected",
    "cancelled",
    "in_mediation",
    "charged_back",
  ]),
  /** Present exactly when the state is `rejected`. */
  reason: z.enum(REJECTIONS).optional(),
  /** When the provider itself cancels it if it is still undecided or authorized; null: never, or decided. */
  deadlineAt: timestamp.nullable(),
  /** Where the buyer passes the second step, or the ticket to pay; null when there is nothing to do. */
  nextActionUrl: z.url().nullable(),
  /** How the card holder's objection stands, if there was one; `won` is won by the seller. */
  chargeback: z.enum(["open", "won", "lost"]).nullable(),
  amountMinor: minor,
  capturedMinor: minor,
  /** Succeeded refunds only. */
  refundedMinor: minor,
  currency: z.string().length(3),
  /** The same card has the same fingerprint in every payment. */
  instrument: z.object({
    brand: z.string(),
    lastFour: z.string().regex(/^\d{4}$/),
    fingerprint: z.string().min(1),
  }),
  createdAt: timestamp,
  updatedAt: timestamp,
});

/** A refund as its provider tells it: a failed one may be asked for again under a new key. */
export const providerRefundSchema = z.object({
  id: z.string().min(1).max(100),
  /** Our refund row's id. */
  idempotencyKey: z.string(),
  /** The provider's id of the payment. */
  paymentId: z.string(),
  state: z.enum(["pending", "succeeded", "failed"]),
  amountMinor: minor,
  createdAt: timestamp,
  updatedAt: timestamp,
});

export type ProviderPayment = z.infer<typeof providerPaymentSchema>;
export type ProviderRefund = z.infer<typeof providerRefundSchema>;

/** A charge to make. The same key with the same content is the same payment. */
export interface PaymentRequest {
  /** Our payment row's id. */
  idempotencyKey: string;
  amountMinor: number;
  currency: string;
  cardToken: string;
  /** Our order's id. */
  reference: string;
  /** False only authorizes; `capturePayment` then takes the money. */
  capture: boolean;
}

/** A refund to make; `paymentId` is the provider's. */
export interface RefundRequest {
  /** Our refund row's id. */
  idempotencyKey: string;
  paymentId: string;
  amountMinor: number;
}

/**
 * What mkt asks of a payment provider. Everything is asynchronous: what a call returns is how things
 * stand, webhooks nudge when that changes, and the `get` methods tell the truth.
 *
 * Errors say whether the outcome is known. `declined` (and `not_found`, `key_reused`,
 * `illegal_transition`): the provider refused, nothing was done. `unavailable`: it may have been done
 * or not, or may be done yet; the same key again is safe.
 */
export interface PaymentProvider {
  /** Charges a card. Resolves as soon as the provider has accepted the request, not the charge. */
  createPayment(request: PaymentRequest): Promise<ProviderPayment>;
  getPayment(paymentId: string): Promise<ProviderPayment>;
  /** The payment that a key made. Undefined right after a timeout proves nothing: it may be on its way. */
  findByKey(idempotencyKey: string): Promise<ProviderPayment | undefined>;
  /** Takes an authorized amount. Taking it again gives the payment as it is. */
  capturePayment(paymentId: string, idempotencyKey: string): Promise<ProviderPayment>;
  /** Cancels what is not captured yet, else `illegal_transition`. Again: the payment as it is. */
  cancelPayment(paymentId: string, idempotencyKey: string): Promise<ProviderPayment>;
  /**
   * The buyer passes the second step. `illegal_transition` when there is none to pass; passed already:
   * the payment as it is.
   */
  confirmPayment(paymentId: string, idempotencyKey: string): Promise<ProviderPayment>;
  /**
   * Gives money back; `declined` beyond what was captured, other refunds counted, and
   * `illegal_transition` while the payment is charged back.
   */
  createRefund(request: RefundRequest): Promise<ProviderRefund>;
  getRefund(refundId: string): Promise<ProviderRefund>;
  /** The refund that a key made. Undefined right after a timeout proves nothing. */
  findRefundByKey(idempotencyKey: string): Promise<ProviderRefund | undefined>;
  /** What the provider told or wanted to tell, in the order in which it happened. */
  listEvents(listing: EventListing): Promise<ProviderEvent[]>;
  /** Sends an event's webhook again, under its old id. Resolves before it is delivered. */
  resendEvent(eventId: string): Promise<ProviderEvent>;
}
