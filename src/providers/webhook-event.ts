import * as z from "zod";

export const WEBHOOK_SIGNATURE_HEADER = "webhook-signature";

/** Where a provider's webhooks arrive. */
export const WEBHOOK_PATHS = {
  payments: "/webhooks/payments",
  shipping: "/webhooks/shipping",
} as const;

export type WebhookProvider = keyof typeof WEBHOOK_PATHS;

/**
 * The body of a webhook: which object changed, and nothing that is worth believing about it. The
 * receiver reads the object itself from the provider.
 */
export const webhookEventSchema = z.object({
  /** The same in every attempt to deliver it. */
  id: z.string().min(1).max(100),
  /** The object and what became of it, such as `payment.approved`. */
  type: z.string().max(100),
  createdAt: z.iso.datetime(),
  data: z.object({
    object: z.enum(["payment", "refund", "shipment"]),
    /** The provider's id of it. */
    id: z.string().min(1).max(100),
  }),
});

export type WebhookEvent = z.infer<typeof webhookEventSchema>;

/** An event as its provider keeps it: whether anybody ever took its webhook. */
export const providerEventSchema = webhookEventSchema.extend({
  /** Null: nobody has taken it yet. */
  deliveredAt: z.iso.datetime().nullable(),
  attempts: z.int().nonnegative(),
});

export type ProviderEvent = z.infer<typeof providerEventSchema>;

/** Which events: at most `limit` (up to 1,000), made at `since` or later, behind the event `after`. */
export interface EventListing {
  /** ISO 8601, on the provider's clock. */
  since?: string | undefined;
  limit: number;
  /** The id of the last event of the page before. */
  after?: string | undefined;
}
