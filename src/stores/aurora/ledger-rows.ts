import { newId } from "../../domain/ids.ts";
import {
  type LedgerAccount as Account,
  type LedgerAmounts as Amounts,
  captureAmounts,
  feeBack,
  LEDGER_ACCOUNTS,
  refundGrantedAmounts,
  refundPaidAmounts,
} from "../../domain/ledger.ts";
import type { AuroraTransaction } from "./client.ts";
import type { Database } from "./schema.ts";

// What every transaction that moves money writes into the ledger. Debits are positive; each posting
// sums to zero, which the database checks.

type Kind = Database["ledgerEntry"]["kind"];

/** The payment that a posting is about, and its order's share of it. */
export interface Paid {
  order: { id: string; sellerId: string | null; totalMinor: number; feeMinor: number };
  payment: { id: string; amountMinor: number; currency: string; late: boolean };
}

/** The provider took a payment's amount: owed to the seller less the fee, or to the buyer when it came late. */
export async function postCapture(tx: AuroraTransaction, paid: Paid, at: string): Promise<void> {
  const amounts = captureAmounts(paid.payment, paid.order.feeMinor);
  await post(tx, paid.payment.late ? "captured_late" : "captured", paid, amounts, at);
}

/**
 * A refund was granted: the seller and the fee give it up in proportion, so that parts that make the
 * whole give back exactly the whole fee. `beforeMinor` was granted before.
 */
export async function postRefundGranted(
  tx: AuroraTransaction,
  paid: Paid,
  refund: { id: string; amountMinor: number },
  beforeMinor: number,
  at: string,
): Promise<void> {
  const amounts = refundGrantedAmounts(moneyOf(paid), beforeMinor, refund.amountMinor);
  await post(tx, "refund_requested", paid, amounts, at, refund.id);
}

/** The provider gave a refund back. */
export async function postRefundPaid(
  tx: AuroraTransaction,
  paid: Paid,
  { id, amountMinor }: { id: string; amountMinor: number },
  at: string,
): Promise<void> {
  await post(tx, "refunded", paid, refundPaidAmounts(amountMinor), at, id);
}

/** A bank took back what was left of a payment: nobody's yet, until it is decided. */
export async function postChargeback(
  tx: AuroraTransaction,
  paid: Paid,
  takenMinor: number,
  at: string,
): Promise<void> {
  await post(tx, "charged_back", paid, { cash: -takenMinor, chargeback: takenMinor }, at);
}

/** A bank gave back what it had taken: what was settled as the buyer's meanwhile is owed to the buyer again. */
export async function postChargebackWon(
  tx: AuroraTransaction,
  paid: Paid,
  at: string,
): Promise<void> {
  const takenMinor = await takenByBank(tx, paid.payment.id);
  if (takenMinor <= 0) return;
  const { chargeback, loss } = await balancesOf(tx, paid.payment.id);
  const amounts = {
    cash: takenMinor,
    chargeback: -chargeback,
    loss: -loss,
    refund: chargeback + loss - takenMinor,
  };
  await post(tx, "chargeback_won", paid, amounts, at);
}

/** A chargeback is decided against us: what the bank took was the buyer's, or is the marketplace's loss. */
export async function settleChargeback(
  tx: AuroraTransaction,
  paid: Paid,
  as: "refund" | "loss",
  grantedMinor: number,
  at: string,
): Promise<void> {
  const { chargeback, refund } = await balancesOf(tx, paid.payment.id);
  if (chargeback <= 0) return;
  // Refunds that were granted and not paid yet came to the buyer by the bank.
  const owed = Math.min(chargeback, -refund);
  const rest = chargeback - owed;
  const settled = { chargeback: -chargeback, refund: owed };
  if (as === "loss") {
    await post(tx, "chargeback_settled", paid, { ...settled, loss: rest }, at);
    return;
  }
  const fee = paid.payment.late ? 0 : feeBack(moneyOf(paid), grantedMinor, rest);
  await post(tx, "chargeback_settled", paid, { ...settled, fee, seller: rest - fee }, at);
}

/** What stands in each account for one payment. */
async function balancesOf(
  tx: AuroraTransaction,
  paymentId: string,
): Promise<Record<Account, number>> {
  const rows = await tx
    .selectFrom("ledgerEntry")
    .select(["account", "amountMinor"])
    .where("paymentId", "=", paymentId)
    .execute();
  const balances = { cash: 0, seller: 0, fee: 0, refund: 0, chargeback: 0, loss: 0 };
  for (const { account, amountMinor } of rows) balances[account] += amountMinor;
  return balances;
}

async function takenByBank(tx: AuroraTransaction, paymentId: string): Promise<number> {
  const rows = await tx
    .selectFrom("ledgerEntry")
    .select("amountMinor")
    .where("paymentId", "=", paymentId)
    .where("kind", "in", ["charged_back", "chargeback_won"])
    .where("account", "=", "cash")
    .execute();
  return -rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

const moneyOf = ({ order: { feeMinor }, payment: { amountMinor } }: Paid) => ({
  feeMinor,
  amountMinor,
});

async function post(
  tx: AuroraTransaction,
  kind: Kind,
  { order, payment }: Paid,
  amounts: Amounts,
  at: string,
  refundId: string | null = null,
): Promise<void> {
  const { sellerId } = order;
  if (sellerId === null) throw new Error(`order ${order.id} has no seller: no money can move`);
  const postingId = newId();
  const shared = {
    postingId,
    kind,
    sellerId,
    orderId: order.id,
    paymentId: payment.id,
    refundId,
    currency: payment.currency,
    at,
  };
  const rows = LEDGER_ACCOUNTS.map((account) => ({
    ...shared,
    id: newId(),
    account,
    amountMinor: amounts[account] ?? 0,
  })).filter(({ amountMinor }) => amountMinor !== 0);
  if (rows.length > 0) await tx.insertInto("ledgerEntry").values(rows).execute();
}
