import type { Order } from "./order.ts";
import { OPEN_PAYMENT_STATES, REFUNDABLE_PAYMENT_STATES } from "./payment.ts";
import { isPast } from "./timers.ts";

/** Who runs a command: a party of the order, staff, or the operator of a local marketplace. */
export type CommandUser = "buyer" | "seller" | "staff" | "operator";

/** What stands between an order and one of its transitions. */
export interface Standing {
  /** In words; undefined when nothing does. */
  blockedBy?: string | undefined;
  /** When the worker does it by itself. */
  dueAt?: string | undefined;
  /** What does it, or removes what blocks it. */
  command?: { line: string; by: readonly CommandUser[] } | undefined;
}

export interface PaymentFacts {
  id: string;
  state: string;
  amountMinor: number;
  providerId: string | null;
  late: boolean;
  capture: boolean;
  nextActionUrl: string | null;
  chargeback: "open" | "won" | "lost" | null;
  cardBrand: string | null;
  deadlineAt: string | null;
  createdAt: string;
}

export interface RefundFacts {
  id: string;
  paymentId: string;
  state: string;
  amountMinor: number;
}

export interface ShipmentFacts {
  id: string;
  state: string;
  providerId: string | null;
  restockedAt: string | null;
  changedAt: string;
  /** When the carrier scanned what stands here as not handed over; null: it has not. */
  scannedAt: string | null;
  /** Whether the carrier has voided its label, which is not known here yet. */
  voided: boolean;
}

/** All of an order that decides what may become of it. */
export interface OrderFacts {
  order: Order;
  now: string;
  payments: readonly PaymentFacts[];
  refunds: readonly RefundFacts[];
  /** Oldest first. */
  shipments: readonly ShipmentFacts[];
  /** Ids of order lines. */
  reviewedLines: readonly string[];
  /** Why it cannot be disputed; undefined: it can. */
  notDisputable: string | undefined;
}

/** The payment that holds its order's place, or paid it. */
export function openPayment({ payments }: OrderFacts): PaymentFacts | undefined {
  return payments.find(({ state, late }) => {
    return !late && OPEN_PAYMENT_STATES.some((open) => open === state);
  });
}

/** The payment that money can be given back of. */
export function refundablePayment({ payments }: OrderFacts): PaymentFacts | undefined {
  return payments.find(({ state, late }) => {
    return !late && REFUNDABLE_PAYMENT_STATES.some((refundable) => refundable === state);
  });
}

/** What of a payment was not granted back yet. */
export function leftMinor({ id, amountMinor }: PaymentFacts, { refunds }: OrderFacts): number {
  return amountMinor - sumOf(refunds.filter(({ paymentId }) => paymentId === id));
}

export function sumOf(refunds: readonly RefundFacts[]): number {
  return refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** A transition that the worker makes at a time. */
export function atTime(dueAt: string, { order, now }: OrderFacts): Standing {
  if (isPast(order)) return { blockedBy: "no timer touches what came with its history" };
  if (now >= dueAt) return { dueAt };
  return { dueAt, blockedBy: `waits until ${dueAt}`, command: moveClock(dueAt, now) };
}

/** Only a local marketplace's clock can be moved. */
export function moveClock(dueAt: string, now: string): Standing["command"] {
  const minutes = Math.ceil((Date.parse(dueAt) - Date.parse(now)) / 60_000);
  return { line: `mkt clock advance ${minutes}m`, by: ["operator"] };
}

/** Only the simulated providers of a local marketplace do what they are told. */
export function trigger(what: string, { order }: OrderFacts): Standing["command"] {
  return { line: `mkt trigger ${what} --order ${order.id}`, by: ["operator"] };
}

export const parties = ["seller", "staff"] as const;
export const anyone = ["buyer", "seller", "staff"] as const;
