import type { Deps } from "../deps.ts";
import { formatMinor } from "../domain/money.ts";
import { OVER_ORDER_STATES } from "../domain/order.ts";
import { CAPTURED_PAYMENT_STATES, refundKey, UNDECIDED_PAYMENT_STATES } from "../domain/payment.ts";
import type { Difference } from "../domain/reconciliation.ts";
import { providerPath } from "../domain/transitions.ts";
import { hasCode } from "../errors.ts";
import type { ProviderPayment } from "../providers/payments/provider.ts";
import type { PaymentToCheck, RefundToCheck } from "../stores/aurora/unsettled.ts";
import {
  applyPayment,
  cancelAtProvider,
  type SettleDeps,
  settleRefunds,
} from "./settle-payment.ts";

export type MoneyDeps = SettleDeps & Pick<Deps, "unsettled">;

const GIVEN_UP = ["rejected", "cancelled"];
const has = (states: readonly string[], state: string) => states.includes(state);

/** Compares a payment with its provider and, unless it is dry, makes both agree. Nothing when they do. */
export async function checkPayment(
  row: PaymentToCheck,
  dryRun: boolean,
  deps: MoneyDeps,
): Promise<Difference | undefined> {
  const { id, orderId } = row;
  const told = row.providerId
    ? await deps.paymentProvider.getPayment(row.providerId)
    : await deps.paymentProvider.findByKey(id);
  // A charge that the provider never heard of may be on its way; its deadline ends it.
  if (!told || agree(row, told)) return undefined;
  // What was read a moment ago may have been settled by somebody else meanwhile.
  const ours = (await deps.unsettled.payment(id)) ?? row;
  if (agree(ours, told)) return undefined;

  const action = actionFor(ours, told);
  const [shownOurs, shownTheirs] = standings(ours, told);
  const difference = {
    kind: "payment",
    id,
    orderId,
    ours: shownOurs,
    theirs: shownTheirs,
  } as const;
  if (dryRun) return { ...difference, action, after: null, reason: null };
  await settle(ours, told, deps);
  const now = await deps.paymentProvider.getPayment(told.id);
  const after = (await deps.unsettled.payment(id)) ?? ours;
  const solved = agree(after, now);
  if (solved && action === "nothing possible") return undefined;
  const came = after.late && !ours.late ? "refund requested" : action;
  return {
    ...difference,
    action: solved ? came : "nothing possible",
    after: after.state,
    reason: solved ? null : "no legal step leads from ours to theirs",
  };
}

/** Compares a payment of which an event never came, where its own age does not have it compared. */
export async function checkOldPayment(
  providerId: string,
  { since, dryRun }: { since: string; dryRun: boolean },
  deps: MoneyDeps,
): Promise<Difference | undefined> {
  const known = await deps.payments.findByProviderId(providerId);
  const row = known && (await deps.unsettled.payment(known.id));
  if (!row || has(UNDECIDED_PAYMENT_STATES, row.state)) return undefined;
  if (row.changedAt >= since || row.createdAt >= since) return undefined;
  return checkPayment(row, dryRun, deps);
}

async function settle(ours: PaymentToCheck, told: ProviderPayment, deps: MoneyDeps): Promise<void> {
  await applyPayment(ours.id, told, deps);
  // `applyPayment` cancels what we cancelled; this is what we rejected, or what belongs to an order that is over.
  if (!has(UNDECIDED_PAYMENT_STATES, told.state) || !isUnwanted(ours)) return;
  try {
    await cancelAtProvider(ours.id, told.id, deps);
  } catch (error) {
    // Decided at this very moment.
    if (!hasCode(error, "illegal_transition")) throw error;
    await applyPayment(ours.id, await deps.paymentProvider.getPayment(told.id), deps);
  }
}

/** Nobody waits for its money any more. */
const isUnwanted = ({ state, orderState }: PaymentToCheck) =>
  has(GIVEN_UP, state) ||
  (has(UNDECIDED_PAYMENT_STATES, state) && has(OVER_ORDER_STATES, orderState));

/** Whether both say the same. The provider knows of refunds apart: what is given back is approved to it. */
function agree(ours: PaymentToCheck, told: ProviderPayment): boolean {
  if (isUnwanted(ours) && has(UNDECIDED_PAYMENT_STATES, told.state)) return false;
  // Somebody wants its money, and it was not taken yet.
  if (ours.capture && told.state === "authorized" && !has(GIVEN_UP, ours.state)) return false;
  const sameState =
    has(GIVEN_UP, ours.state) && has(GIVEN_UP, told.state)
      ? true
      : toldState(ours.state) === told.state;
  return (
    sameState &&
    ours.chargeback === told.chargeback &&
    capturedMinor(ours) === told.capturedMinor &&
    sameRefunds(ours, told)
  );
}

/** What is under way is compared refund by refund. */
const sameRefunds = (ours: PaymentToCheck, told: ProviderPayment) =>
  ours.refundsUnderWay > 0 || ours.refundedMinor === told.refundedMinor;

const toldState = (state: string) =>
  has(["partially_refunded", "refunded"], state) ? "approved" : state;

const capturedMinor = ({ state, amountMinor }: PaymentToCheck) =>
  has(CAPTURED_PAYMENT_STATES, state) ? amountMinor : 0;

function actionFor(ours: PaymentToCheck, told: ProviderPayment): Difference["action"] {
  if (isUnwanted(ours) && has(UNDECIDED_PAYMENT_STATES, told.state))
    return "cancelled at the provider";
  if (told.state === "approved" && !has(CAPTURED_PAYMENT_STATES, ours.state))
    return has(GIVEN_UP, ours.state) || ours.orderState !== "reserved"
      ? "refund requested"
      : "applied";
  if (toldState(ours.state) !== told.state) {
    const isBack = told.state === "approved" && has(["charged_back", "in_mediation"], ours.state);
    const way = isBack || providerPath("payment", ours.state, told.state) !== null;
    return way ? "applied" : "nothing possible";
  }
  if (told.state === "authorized") return "applied";
  return ours.chargeback === told.chargeback ? "nothing possible" : "applied";
}

/** Both sides in words; sums only where it is these that differ. */
function standings(ours: PaymentToCheck, told: ProviderPayment): [string, string] {
  const showsCaptured =
    toldState(ours.state) === told.state && capturedMinor(ours) !== told.capturedMinor;
  const showsRefunded = !sameRefunds(ours, told);
  const words = (
    state: string,
    chargeback: string | null,
    captured: number,
    refunded: number,
  ): string =>
    [
      chargeback ? `${state} (chargeback ${chargeback})` : state,
      ...(showsCaptured ? [`${formatMinor(captured, ours.currency)} captured`] : []),
      ...(showsRefunded ? [`${formatMinor(refunded, ours.currency)} given back`] : []),
    ].join(", ");
  return [
    words(ours.state, ours.chargeback, capturedMinor(ours), ours.refundedMinor),
    words(told.state, told.chargeback, told.capturedMinor, told.refundedMinor),
  ];
}

/**
 * Compares a refund with its provider, sends it if it never came there, and learns how it stands. One that
 * failed on both sides is told as what nothing can be done about: people decide to try again.
 */
export async function checkRefund(
  row: RefundToCheck,
  dryRun: boolean,
  deps: MoneyDeps,
): Promise<Difference | undefined> {
  const { id, orderId, paymentId } = row;
  const told = row.providerId
    ? await deps.paymentProvider.getRefund(row.providerId)
    : await deps.paymentProvider.findRefundByKey(refundKey(row));
  const ours = (await deps.unsettled.refund(id)) ?? row;
  if (ours.state === told?.state && ours.state !== "failed") return undefined;
  if (ours.state === "succeeded") return undefined;

  const theirs = told?.state ?? "not there";
  const difference = { kind: "refund", id, orderId, ours: ours.state, theirs } as const;
  if (ours.state === "failed" && told?.state !== "succeeded") {
    const reason = `it is owed still: mkt payment refund ${paymentId} tries again`;
    return { ...difference, action: "nothing possible", after: null, reason };
  }
  const action = told ? "applied" : "refund requested";
  if (dryRun) return { ...difference, action, after: null, reason: null };
  if (told) {
    const standing = { providerId: told.id, state: told.state };
    await deps.payments.settleRefund(refundKey(ours), standing, deps.now());
  } else {
    await settleRefunds(paymentId, deps);
  }
  const after = (await deps.unsettled.refund(id)) ?? ours;
  const moved = after.state !== ours.state;
  return {
    ...difference,
    action: moved ? action : "nothing possible",
    after: after.state,
    reason: moved ? null : "it stands as it did",
  };
}
