import { newId } from "../../src/domain/ids.ts";
import { refundKey } from "../../src/domain/payment.ts";
import type { Machine, TransitionActor } from "../../src/domain/transitions.ts";
import { MktError } from "../../src/errors.ts";
import { answer, deleteQuestion } from "../../src/operations/ask.ts";
import { cancelOrder } from "../../src/operations/cancel-order.ts";
import { capturePayment } from "../../src/operations/capture-payment.ts";
import { changePublicationState } from "../../src/operations/change-publication.ts";
import { confirmPayment } from "../../src/operations/confirm-payment.ts";
import { closeQuestionsOf } from "../../src/operations/copy-questions.ts";
import { openDispute } from "../../src/operations/open-dispute.ts";
import { pay } from "../../src/operations/pay.ts";
import { settleObject } from "../../src/operations/receive-webhook.ts";
import { refundPayment } from "../../src/operations/refund-payment.ts";
import { resolveDispute } from "../../src/operations/resolve-dispute.ts";
import { review } from "../../src/operations/review.ts";
import { ship } from "../../src/operations/ship.ts";
import type { RefundTold } from "../../src/stores/aurora/payments.ts";
import { reserve, type Shop } from "./shop.ts";

/** An order with all that belongs to it, a publication, or a question. */
export interface Thing {
  id: string;
  /** Under which it was made: the buyer's key, or the seller's name for it. */
  key: string;
}

/**
 * Makes an event happen to a thing as it really comes. What people do and may not is refused; what timers and
 * providers do where it makes no sense changes nothing.
 */
export type Cause = (thing: Thing, shop: Shop) => Promise<unknown>;

/** How an event comes: `people` do it by an operation; some events more than one operation asks for. */
export type Way = "people" | "timer" | "provider" | "relay" | "confirm" | "capture" | "resolve";

/** When every timer is long due. */
const FAR = "2999-01-01T00:00:00.000Z";
const why = "a test of what may not be";

export const wayOf = (actor: TransitionActor): Way =>
  actor === "timer" || actor === "provider" ? actor : "people";

const cancel: Cause = ({ id }, { deps, buyer }) =>
  cancelOrder({ actor: buyer, order: id, reason: why }, deps);
const shipIt =
  (handedOver: boolean): Cause =>
  ({ id }, { deps, seller }) =>
    ship({ actor: seller, order: id, handedOver }, deps);
const dispute: Cause = ({ id }, { deps, buyer }) =>
  openDispute({ actor: buyer, order: id, reason: "not_received", note: why }, deps);
const resolve =
  (how: { dismiss: true } | { refund: { amount?: string } }): Cause =>
  ({ id }, { deps, staff }) =>
    resolveDispute({ actor: staff, order: id, note: why, ...how }, deps);
const missDispatch: Cause = ({ id }, { deps }) => deps.orderTimers.missDispatch(id, why, FAR);

async function paymentOf({ id }: Thing, { deps }: Shop) {
  const payment = (await deps.payments.ofOrder(id)).at(-1);
  if (!payment) throw new Error(`order ${id} has no payment to cause anything with`);
  return payment;
}

const ofPayment =
  (act: (payment: string, shop: Shop) => Promise<unknown>): Cause =>
  async (thing, shop) =>
    act((await paymentOf(thing, shop)).id, shop);
const giveBack = (amount?: string): Cause =>
  ofPayment((payment, { deps, staff }) =>
    refundPayment({ actor: staff, payment, amount, reason: why }, deps),
  );

/** The payment provider says that the payment stands so; without a chargeback that was before there was one. */
const paymentNews =
  (state: string, chargeback: "open" | "won" | null = null): Cause =>
  async (thing, shop) => {
    const { id, reason, providerId, nextActionUrl } = await paymentOf(thing, shop);
    const told = {
      providerId: providerId ?? newId(),
      state,
      reason,
      deadlineAt: null,
      nextActionUrl,
      chargeback,
      refundedMinor: 0,
      instrument: null,
    };
    return shop.deps.payments.settle(id, told, shop.deps.now());
  };

/** The payment provider says what became of the refund; where there is none, it lets nobody make one. */
const refundNews =
  (state: RefundTold["state"]): Cause =>
  async (thing, shop) => {
    const { payments, paymentProvider, now } = shop.deps;
    const { id, providerId } = await paymentOf(thing, shop);
    const [refund] = await payments.refundsOf([id]);
    if (refund) {
      const told = { providerId: refund.providerId ?? newId(), state };
      return payments.settleRefund(refundKey(refund), told, now());
    }
    const want = { idempotencyKey: newId(), paymentId: providerId ?? "none", amountMinor: 100 };
    const made = await paymentProvider.createRefund(want).catch((error: unknown) => error);
    if (made instanceof MktError) return undefined;
    throw new Error(`the provider refunds payment ${id}`);
  };

/** The carrier says that the parcel stands so; of an order that has none here it tells of one too. */
const parcelNews =
  (state: string): Cause =>
  async ({ id }, { deps }) => {
    const { shipments, shippingProvider, simulators } = deps;
    const shipment = (await shipments.ofOrder(id)).at(-1);
    if (!shipment) {
      const address = "somewhere else";
      const label = { idempotencyKey: newId(), reference: id, address, parcels: [{ units: 1 }] };
      const made = await shippingProvider.createShipment(label);
      await simulators.deliverShipment(made.id);
      return settleObject({ object: "shipment", id: made.id }, deps);
    }
    const told = {
      providerId: shipment.providerId ?? newId(),
      state,
      carrier: shipment.carrier ?? "Post",
      trackingCode: shipment.trackingCode ?? "1",
      labelUrl: shipment.labelUrl ?? "data:,",
      estimatedDeliveryAt: shipment.estimatedDeliveryAt,
      scans: await shipments.scansOf(shipment.id),
    };
    return shipments.settle(shipment.id, told, deps.now());
  };

const publication =
  (event: "pause" | "resume" | "close"): Cause =>
  ({ id }, { deps, seller }) =>
    changePublicationState({ actor: seller, publication: id, event }, deps);

// What comes for several events is one thing to the marketplace: the carrier says that a parcel is on its way,
// be it for the first time or again.
const sendOn = shipIt(false);
const handOver = shipIt(true);
const giveBackAll = giveBack();
const approved = paymentNews("approved");
const takenBack = paymentNews("charged_back", "open");
const refundArrived = refundNews("succeeded");
const onItsWay = parcelNews("shipped");
const delivered = parcelNews("delivered");
const notDelivered = parcelNews("not_delivered");

/** For every event of a machine, in how many ways it comes. */
export const CAUSES: Record<Machine, Record<string, Partial<Record<Way, Cause>>>> = {
  publication: {
    publish: {
      people: ({ key }, { market, seller }) => market.publication(seller, { externalId: key }),
    },
    pause: { people: publication("pause") },
    resume: { people: publication("resume") },
    close: { people: publication("close") },
  },
  order: {
    place: { people: ({ key }, shop) => reserve(shop, key) },
    approve_payment: { provider: approved },
    expire: { timer: ({ id }, { deps }) => deps.orderTimers.expire(id, FAR) },
    cancel: { people: cancel },
    miss_dispatch: { timer: missDispatch },
    hand_over: { people: handOver, provider: onItsWay },
    deliver: { provider: delivered },
    fail_delivery: {
      provider: notDelivered,
      timer: ({ id }, { deps }) => deps.orderTimers.failDelivery(id, FAR),
    },
    send_again: { people: sendOn, provider: onItsWay },
    complete: {
      people: ({ id }, { deps, buyer }) =>
        review(
          { actor: buyer, order: id, lineNumber: 1, conforms: true, rating: 5, text: "" },
          deps,
        ),
      timer: ({ id }, { deps }) => deps.orderTimers.complete(id, FAR),
    },
    dispute: { people: dispute, provider: takenBack },
    dismiss_dispute: { people: resolve({ dismiss: true }) },
    settle_dispute: { people: resolve({ refund: { amount: "1.00" } }) },
    refund: { people: giveBackAll, resolve: resolve({ refund: {} }) },
  },
  payment: {
    create: {
      people: ({ id }, { deps, buyer }) =>
        pay({ actor: buyer, target: id, card: "tok_second_step", waitMs: 0 }, deps),
    },
    process: { provider: paymentNews("in_process") },
    authorize: { provider: paymentNews("authorized") },
    approve: {
      provider: approved,
      confirm: ofPayment((payment, { deps, buyer }) =>
        confirmPayment({ actor: buyer, payment, waitMs: 0 }, deps),
      ),
      capture: ofPayment((payment, { deps, seller }) =>
        capturePayment({ actor: seller, payment }, deps),
      ),
    },
    reject: { provider: paymentNews("rejected") },
    cancel: {
      people: cancel,
      provider: paymentNews("cancelled"),
      timer: ofPayment((payment, { deps }) => deps.payments.abandon(payment, why, FAR)),
    },
    approve_late: { provider: approved },
    refund_part: { people: giveBack("1.00"), provider: refundArrived },
    refund: { people: giveBackAll, provider: refundArrived },
    mediate: { provider: paymentNews("in_mediation") },
    win_mediation: { provider: approved },
    charge_back: { provider: takenBack },
    win_chargeback: { provider: paymentNews("approved", "won") },
  },
  refund: {
    // A provider's news and a timer ask for a refund only as a part of what they do to the payment and the order.
    request: { people: giveBackAll, provider: approved, timer: missDispatch },
    accept: { provider: refundNews("pending") },
    succeed: { provider: refundArrived },
    fail: { provider: refundNews("failed") },
  },
  shipment: {
    create: { people: sendOn, provider: approved },
    prepare: { people: sendOn },
    label: { provider: parcelNews("ready_to_ship") },
    scan: { people: handOver, provider: onItsWay },
    deliver: { provider: delivered },
    fail_delivery: { provider: notDelivered },
    lose: { provider: parcelNews("lost") },
    send_again: { people: sendOn, provider: onItsWay },
    return: { provider: parcelNews("returned") },
    cancel: { people: cancel, provider: parcelNews("cancelled"), timer: missDispatch },
  },
  dispute: {
    open: { people: dispute, provider: takenBack },
    dismiss: { people: resolve({ dismiss: true }) },
    refund_part: { people: resolve({ refund: { amount: "1.00" } }) },
    refund: { people: resolve({ refund: {} }) },
  },
  question: {
    ask: {
      people: async ({ id }, { deps }) => {
        const question = await deps.questions.get(id);
        if (!question) throw new Error(`there is no question ${id}`);
        const { publicationId, sellerId, askerId, askedAt } = question;
        return deps.questions.ask({ id, publicationId, sellerId, askerId, askedAt, text: why });
      },
    },
    answer: {
      people: ({ id }, { deps, seller }) =>
        answer({ actor: seller, question: id, answer: why }, deps),
    },
    delete: {
      people: ({ id }, { deps, buyer }) => deleteQuestion({ actor: buyer, question: id }, deps),
    },
    close: {
      people: ({ id }, { deps }) => deps.questions.closeUnanswered(id, deps.now()),
      relay: async ({ id }, { deps }) => {
        const question = await deps.questions.get(id);
        return closeQuestionsOf(question?.publicationId ?? "", deps.now(), deps);
      },
    },
  },
};
