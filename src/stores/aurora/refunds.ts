import { formatMinor } from "../../domain/money.ts";
import { CAPTURED_PAYMENT_STATES } from "../../domain/payment.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, transact } from "./client.ts";
import { recordAudit } from "./log.ts";
import type { OrderRow } from "./order-rows.ts";
import {
  grantedMinor,
  grantRefund,
  lockPayment,
  type Payment,
  type Refund,
  requestFailedAgain,
} from "./payment-rows.ts";
import { endAsRefunded } from "./refund-rows.ts";

export type RefundStore = ReturnType<typeof refundStore>;

export interface RefundWanted {
  paymentId: string;
  /** Null: all that is left. */
  amountMinor: number | null;
  reason: string;
  /** The same key again is the same refund of this payment. */
  key: string | null;
  by: { id: string; name: string };
  at: string;
}

export interface RefundsRequested {
  /** Those that are on their way because of this request, or because of an earlier one with its key. */
  refunds: Refund[];
  orderState: string;
  /** What was captured and not granted before or now. */
  leftMinor: number;
}

/** States of an order in which all of its money may be given back without a dispute. */
const WHOLE_STATES: readonly string[] = ["not_delivered", "delivered", "completed"];
/** States in which a part may be: the order goes on. */
const PART_STATES: readonly string[] = ["paid", "shipped", ...WHOLE_STATES];

/** Refunds that staff ask for. */
export const refundStore = (db: Aurora) => ({
  /**
   * Grants a refund in one transaction: the whole ends the order as refunded, a part lets it go on. Without
   * an amount, what failed before is requested again too.
   */
  request: (want: RefundWanted): Promise<RefundsRequested> =>
    transact(db, async (tx) => {
      const { paymentId, by, at } = want;
      const { order, payment } = await lockPayment(tx, paymentId);
      const grantedBefore = await grantedMinor(tx, paymentId);
      const leftBefore = payment.amountMinor - grantedBefore;
      const before = await findByKey(tx, want, payment);
      if (before) return { refunds: [before], orderState: order.state, leftMinor: leftBefore };
      requireMoney(order, payment);

      const { amountMinor } = want;
      const refunds =
        amountMinor === null ? await requestFailedAgain(tx, payment, by.name, at) : [];
      if (payment.late && refunds.length === 0) throw lateAlready(payment);
      const wanted = amountMinor ?? leftBefore;
      const refusal = whyNotGranted(order, payment, wanted, leftBefore);
      // What failed is owed whatever else may be granted.
      if (refusal && refunds.length === 0) throw refusal;
      let after = order;
      if (!refusal) {
        if (wanted === leftBefore) after = await endAsRefunded(tx, order, by.name, at);
        const { reason, key } = want;
        const granting = { amountMinor: wanted, reason, key };
        refunds.push(await grantRefund(tx, { order, payment }, granting, by.name, at));
      }
      await recordAudit(tx, {
        actorId: by.id,
        action: "payment.refund",
        subjectKind: "payment",
        subjectId: paymentId,
        detail: { amountMinor, refunds: refunds.map(({ id }) => id), reason: want.reason },
        at,
      });
      const leftMinor = refusal ? leftBefore : leftBefore - wanted;
      return { refunds, orderState: after.state, leftMinor };
    }),
});

/** The refund that this key stands for already. Throws `key_reused` when it was another one. */
async function findByKey(
  tx: AuroraTransaction,
  { paymentId, amountMinor, key }: RefundWanted,
  payment: Payment,
): Promise<Refund | undefined> {
  if (key === null) return undefined;
  const refunds = await tx
    .selectFrom("refund")
    .selectAll()
    .where("paymentId", "=", paymentId)
    .orderBy("id")
    .execute();
  const place = refunds.findIndex((refund) => refund.key === key);
  const found = refunds[place];
  if (!found) return undefined;
  // All that was left was asked for when the payment was used up with it.
  const upTo = refunds.slice(0, place + 1).reduce((sum, refund) => sum + refund.amountMinor, 0);
  const isSame =
    amountMinor === null ? upTo === payment.amountMinor : amountMinor === found.amountMinor;
  if (isSame) return found;
  const amount = formatMinor(found.amountMinor, payment.currency);
  throw new MktError(
    "key_reused",
    `this key stands for a refund of ${amount}: another refund needs another key`,
    {
      hint: `mkt payment show ${paymentId}`,
    },
  );
}

/** Refuses where there is no money of ours to give back. */
function requireMoney(order: OrderRow, { id, state }: Payment): void {
  if (!CAPTURED_PAYMENT_STATES.some((captured) => captured === state)) {
    throw new MktError(
      "illegal_transition",
      `payment ${id} is ${state.replaceAll("_", " ")}: nothing was captured that could go back`,
      { hint: `mkt order cancel ${order.id}` },
    );
  }
  if (state !== "charged_back") return;
  throw new MktError(
    "illegal_transition",
    `payment ${id} is charged back: the buyer's bank has the money`,
    {
      hint:
        order.state === "disputed"
          ? `mkt dispute resolve ${order.id} --refund`
          : `mkt payment show ${id}`,
    },
  );
}

function lateAlready({ id }: Payment): MktError {
  return new MktError(
    "illegal_transition",
    `payment ${id} came too late for its order: all of it is given back by itself`,
    { hint: `mkt payment show ${id}` },
  );
}

/** Why this much is not granted in the order's state; undefined when it is. */
function whyNotGranted(
  order: OrderRow,
  { id, currency, amountMinor, late }: Payment,
  wantedMinor: number,
  leftMinor: number,
): MktError | undefined {
  const hint = `mkt payment show ${id}`;
  if (leftMinor <= 0 || late) {
    const all = formatMinor(amountMinor, currency);
    return new MktError("conflict", `all ${all} of payment ${id} were given back`, { hint });
  }
  if (wantedMinor > leftMinor) {
    const [left, wanted] = [leftMinor, wantedMinor].map((minor) => formatMinor(minor, currency));
    return new MktError(
      "conflict",
      `${left} of payment ${id} are left, ${wanted} are more than that`,
      { hint },
    );
  }
  const isWhole = wantedMinor === leftMinor;
  if ((isWhole ? WHOLE_STATES : PART_STATES).includes(order.state)) return undefined;
  const what = isWhole ? "all that is left of its money" : "a part of its money";
  const state = order.state.replaceAll("_", " ");
  const message = `order ${order.id} is ${state}: ${what} is not given back this way`;
  return new MktError("illegal_transition", message, { hint: otherWay(order) });
}

/** What gives the money back where a refund by itself does not. */
function otherWay({ id, state }: OrderRow): string {
  if (state === "paid") return `mkt order cancel ${id}`;
  if (state === "shipped") return `mkt dispute open ${id} --not-received --note TEXT`;
  if (state === "disputed") return `mkt dispute resolve ${id} --refund`;
  return `mkt order show ${id}`;
}
