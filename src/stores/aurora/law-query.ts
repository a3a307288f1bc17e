import { type RawBuilder, sql } from "kysely";
import type { LawName, RepairName } from "../../domain/law.ts";
import { CAPTURED_PAYMENT_STATES } from "../../domain/payment.ts";

// What the queries of all laws share. Each looks at one batch of things by one statement, so that it sees
// all of its tables as they stood at one moment.

/** What laws go through, batch by batch, in order of id; events also in order of position. */
export type LawSubject =
  | "publication"
  | "order"
  | "payment"
  | "refund"
  | "shipment"
  | "dispute"
  | "event"
  | "position"
  | "webhook";

/** As the queries give it. */
export interface FaultRow {
  kind: string;
  id: string;
  orderId: string | null;
  problem: string;
  repair?: RepairName | null;
}

/** The things of a batch, and when a law looks at them. */
export interface LawBatch {
  /** Whether a column, such as `o.id`, names one of them. */
  holds(id: string): RawBuilder<boolean>;
  /** They come behind this one. */
  after: string;
  /** An hour ago by the marketplace's clock, and by the real one. */
  lately: string;
  realLately: string;
  /** A webhook that failed so often is left for people. */
  webhookAttempts: number;
}

export interface LawQuery {
  law: LawName;
  subject: LawSubject;
  faults(batch: LawBatch): RawBuilder<FaultRow>;
}

/** States of an order that was paid and is still the buyer's. */
export const SOLD_STATES = [
  "paid",
  "shipped",
  "not_delivered",
  "delivered",
  "disputed",
  "completed",
] as const;

/** A list of texts, for `in`. */
export const among = (values: readonly string[]): RawBuilder<unknown> =>
  sql`(${sql.join(values.map((value) => sql.lit(value)))})`;

export const captured = among(CAPTURED_PAYMENT_STATES);
