import { sql } from "kysely";
import { daysAfter } from "../../domain/order.ts";
import { OPEN_PAYMENT_STATES, UNDECIDED_PAYMENT_STATES } from "../../domain/payment.ts";
import {
  isPast,
  ORDER_TIMERS,
  PAST_FLAGS,
  type RunningTimer,
  TIMERS,
  type Timer,
} from "../../domain/timers.ts";
import { cancelLocked } from "./cancel-rows.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { lockOrder, moveOrder, type OrderRow, releaseStock } from "./order-rows.ts";

export type OrderTimerStore = ReturnType<typeof orderTimerStore>;

type OrderTimer = keyof typeof ORDER_TIMERS;

/** A step of an order or a payment that nobody of the marketplace asked for. */
export interface Happening {
  orderId: string;
  machine: string;
  subjectId: string;
  event: string;
  to: string;
  actor: string;
  at: string;
}

const ACTOR = "timer";

/** From when each timer counts; where an index exists for it, written as the index has it. */
const COUNTS_FROM = {
  reservation: sql<string>`"order".reserved_until`,
  dispatch: sql<string>`"order".paid_at`,
  delivery: sql<string>`coalesce("order".estimated_delivery_at, "order".shipped_at)`,
  completion: sql<string>`"order".delivered_at`,
};
/** Written as the indexes have it, so that the timers do not go through a history each time. */
const isLive = sql<boolean>`not ("order".flags && array[${sql.join(PAST_FLAGS.map((flag) => sql.lit(flag)))}]::text[])`;

/** What is due, and what the timers do to orders. Each act is one transaction that looks again first. */
export const orderTimerStore = (db: Aurora) => ({
  /** The timers of a kind that are due, the longest due first, after some that could not act. */
  due: (timer: Timer, at: string, limit: number, skipped: number): Promise<RunningTimer[]> =>
    query(() => running(db, timer, limit, skipped, at)),

  /** The timers that run, the next to be due first. */
  upcoming: (limit: number): Promise<RunningTimer[]> =>
    query(async () => {
      const all = await Promise.all(TIMERS.map((timer) => running(db, timer, limit, 0)));
      return all
        .flat()
        .sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1))
        .slice(0, limit);
    }),

  /** Lets one reservation expire if it still may; says whether it did. */
  expire: (id: string, at: string): Promise<boolean> =>
    transact(db, async (tx) => {
      const order = await lockDue(tx, "reservation", id, at);
      if (!order || (await hasOpenPayment(tx, id))) return false;
      await moveOrder(tx, order, "expire", ACTOR, at);
      await releaseStock(tx, id, false, ACTOR, at);
      return true;
    }),

  /** Cancels an order of which nothing was handed over in time, if it still is so; says whether it did. */
  missDispatch: (id: string, reason: string, at: string): Promise<boolean> =>
    transact(db, async (tx) => {
      const order = await lockDue(tx, "dispatch", id, at);
      if (!order) return false;
      await cancelLocked(tx, order, { event: "miss_dispatch", actor: ACTOR, reason, at });
      return true;
    }),

  /** An order whose parcel is late by far counts as not delivered; the parcel stays with its carrier. */
  failDelivery: (id: string, at: string): Promise<boolean> =>
    moveDue(db, "delivery", id, "fail_delivery", at),

  /** Completes an order that nobody disputed in time. */
  complete: (id: string, at: string): Promise<boolean> =>
    moveDue(db, "completion", id, "complete", at),

  /**
   * What providers and timers did to orders, and which payments were given up, since an id was made; the
   * oldest first.
   */
  happenedSince: (id: string, limit: number): Promise<Happening[]> =>
    query(() =>
      db
        .selectFrom("transition as t")
        .leftJoin("payment as p", (join) =>
          join.onRef("p.id", "=", "t.subjectId").on("t.machine", "=", "payment"),
        )
        .select((eb) => [
          eb.fn.coalesce("p.orderId", "t.subjectId").as("orderId"),
          "t.machine",
          "t.subjectId",
          "t.event",
          "t.toState as to",
          "t.actor",
          "t.at",
        ])
        .where("t.id", ">", id)
        .where("t.actor", "in", [ACTOR, "provider:payments", "provider:shipping"])
        .where((eb) =>
          eb.or([
            eb("t.machine", "=", "order"),
            eb.and([eb("t.machine", "=", "payment"), eb("t.event", "=", "cancel")]),
          ]),
        )
        .orderBy("t.at")
        .orderBy("t.id")
        .limit(limit)
        .execute(),
    ),
});

async function running(
  db: Aurora,
  timer: Timer,
  limit: number,
  offset: number,
  at?: string,
): Promise<RunningTimer[]> {
  if (timer === "payment") {
    let rows = db
      .selectFrom("payment")
      .innerJoin("order", "order.id", "payment.orderId")
      .select(["payment.orderId", "payment.id as paymentId", "payment.deadlineAt as dueAt"])
      .where("payment.state", "in", UNDECIDED_PAYMENT_STATES)
      .where(isLive)
      .orderBy("payment.deadlineAt")
      .orderBy("payment.id")
      .limit(limit)
      .offset(offset);
    if (at !== undefined) rows = rows.where("payment.deadlineAt", "<=", at);
    const found = await rows.execute();
    return found.flatMap(({ dueAt, ...row }) => (dueAt ? [{ timer, ...row, dueAt }] : []));
  }
  const { state, days } = ORDER_TIMERS[timer];
  const from = COUNTS_FROM[timer];
  let rows = db
    .selectFrom("order")
    .select(["order.id as orderId", from.as("countsFrom")])
    .where("order.state", "=", state)
    .where(from, "is not", null)
    .where(isLive)
    .orderBy(from)
    .orderBy("order.id")
    .limit(limit)
    .offset(offset);
  if (at !== undefined) rows = rows.where(from, "<=", daysAfter(at, -days));
  if (timer === "reservation")
    rows = rows.where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("payment")
            .select("payment.id")
            .whereRef("payment.orderId", "=", "order.id")
            .where("payment.state", "in", OPEN_PAYMENT_STATES)
            .where("payment.late", "=", false),
        ),
      ),
    );
  const found = await rows.execute();
  return found.map(({ orderId, countsFrom }) => {
    const dueAt = daysAfter(countsFrom, days);
    return { timer, orderId, paymentId: null, dueAt };
  });
}

function moveDue(
  db: Aurora,
  timer: OrderTimer,
  id: string,
  event: string,
  at: string,
): Promise<boolean> {
  return transact(db, async (tx) => {
    const order = await lockDue(tx, timer, id, at);
    if (!order) return false;
    await moveOrder(tx, order, event, ACTOR, at);
    return true;
  });
}

/** Locks an order whose timer is due; nothing when it is not, or not any more. */
async function lockDue(
  tx: AuroraTransaction,
  timer: OrderTimer,
  id: string,
  at: string,
): Promise<OrderRow | undefined> {
  const order = await lockOrder(tx, id);
  const { state, days } = ORDER_TIMERS[timer];
  const from = {
    reservation: order.reservedUntil,
    dispatch: order.paidAt,
    delivery: order.estimatedDeliveryAt ?? order.shippedAt,
    completion: order.deliveredAt,
  }[timer];
  if (order.state !== state || isPast(order)) return undefined;
  return from !== null && daysAfter(from, days) <= at ? order : undefined;
}

/** A late payment pays nothing: it holds no reservation. */
async function hasOpenPayment(tx: AuroraTransaction, orderId: string): Promise<boolean> {
  const open = await tx
    .selectFrom("payment")
    .select("id")
    .where("orderId", "=", orderId)
    .where("state", "in", OPEN_PAYMENT_STATES)
    .where("late", "=", false)
    .executeTakeFirst();
  return open !== undefined;
}
