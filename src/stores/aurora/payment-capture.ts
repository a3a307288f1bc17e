import { MktError } from "../../errors.ts";
import type { AuroraTransaction } from "./client.ts";
import { recordAudit } from "./log.ts";
import { lockPayment, type Payment, paymentColumns } from "./payment-rows.ts";

/**
 * Writes down that an authorized payment is to be captured, and by whom; whoever settles it next asks the
 * provider. One that is to be captured already, or is not authorized, comes back as it is. Refused when its
 * order no longer waits for the money.
 */
export async function requestCapture(
  tx: AuroraTransaction,
  paymentId: string,
  actorId: string,
  at: string,
): Promise<Payment> {
  const { order, payment } = await lockPayment(tx, paymentId);
  if (payment.capture || payment.state !== "authorized") return payment;
  if (order.state !== "reserved") {
    throw new MktError(
      "illegal_transition",
      `order ${order.id} is ${order.state}: its payment is not captured any more`,
      { hint: `mkt order show ${order.id} says why` },
    );
  }
  await recordAudit(tx, {
    actorId,
    action: "payment.capture",
    subjectKind: "payment",
    subjectId: paymentId,
    at,
  });
  return tx
    .updateTable("payment")
    .set({ capture: true })
    .where("id", "=", paymentId)
    .returning(paymentColumns)
    .executeTakeFirstOrThrow();
}
