import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { explainDecline } from "../domain/decline.ts";
import { OVER_ORDER_STATES } from "../domain/order.ts";
import { MktError } from "../errors.ts";
import type { Payment } from "../stores/aurora/payment-rows.ts";
import { type SettleDeps, settlePayment } from "./settle-payment.ts";

export type VerdictDeps = SettleDeps & Pick<Deps, "notice">;

const POLL_MS = 50;

/**
 * Waits for the provider's verdict on a payment, in milliseconds. One that waits for its buyer, who has a
 * step to take or a ticket to pay, comes back at once: there is no verdict to wait for.
 */
export async function awaitVerdict(
  payment: Payment,
  waitMs: number,
  deps: VerdictDeps,
): Promise<Payment> {
  const deadline = performance.now() + waitMs;
  let current = payment;
  while (isWithProvider(current) && performance.now() < deadline) {
    await pause(POLL_MS);
    current = (await settlePayment(current.id, deps)) ?? current;
  }
  return current;
}

/** Says how a payment ended, or that it has not: throws `declined`, or `illegal_transition` when it came too late. */
export async function conclude(payment: Payment, deps: VerdictDeps): Promise<Payment> {
  await requireInTime(payment, deps);
  if (["rejected", "cancelled"].includes(payment.state)) throw declined(payment);
  if (payment.state === "created" || isWithProvider(payment)) {
    deps.notice(
      `the provider has not decided yet; the order follows by itself: mkt order show ${payment.orderId}`,
    );
  }
  return payment;
}

/** Whoever paid an order that is over, or paid late, must not think that it is paid. */
export async function requireInTime(payment: Payment, { orders }: VerdictDeps): Promise<void> {
  const { id, orderId, state, late } = payment;
  const order = await orders.find(orderId);
  if (order && OVER_ORDER_STATES.some((over) => over === order.state)) {
    const nothing = ["rejected", "cancelled"].includes(state);
    throw new MktError(
      "illegal_transition",
      `order ${orderId} was ${order.state} meanwhile: ${nothing ? "nothing is charged" : "what was charged is given back"}`,
      { hint: "mkt order show tells of its payment and its refund" },
    );
  }
  if (!late) return;
  throw new MktError(
    "illegal_transition",
    `payment ${id} came after it had been given up: what was charged is given back`,
    { hint: `mkt pay ${orderId} --card TOKEN, if the order is still reserved` },
  );
}

export function declined({ orderId, state, reason }: Payment): MktError {
  const { means, advice } = explainDecline(reason);
  return new MktError(
    "declined",
    state === "cancelled" && reason === null
      ? "the payment was cancelled before it was approved"
      : `the payment was declined: ${means}`,
    { hint: `the order is still reserved: ${advice} with mkt pay ${orderId} --card TOKEN` },
  );
}

function isWithProvider({ state, nextActionUrl }: Payment): boolean {
  return state === "in_process" && nextActionUrl === null;
}
