import { type RawBuilder, sql } from "kysely";
import type { BoardFrom, BoardPage } from "../../domain/order-board.ts";
import { UNDECIDED_PAYMENT_STATES } from "../../domain/payment.ts";
import { cursorOf, isLive, lits, readPage, rowsOf } from "./board-rows.ts";
import type { Aurora } from "./client.ts";

/** A question that nobody answered, as the log tells it. */
export interface WaitingQuestion {
  id: string;
  publicationId: string;
  sellerId: string;
  sellerEmail: string | null;
  askerEmail: string | null;
  text: string | null;
  askedAt: string;
}

/** A payment that its provider or its buyer has yet to decide. */
export interface OpenPayment {
  id: string;
  orderId: string;
  orderState: string;
  buyerEmail: string;
  state: string;
  amountMinor: number;
  currency: string;
  reason: string | null;
  deadlineAt: string;
  createdAt: string;
}

/** Money to be given back that the buyer does not have yet: under way, or failed. */
export interface OpenRefund {
  id: string;
  paymentId: string;
  orderId: string;
  buyerEmail: string;
  state: string;
  amountMinor: number;
  currency: string;
  reason: string;
  attempt: number;
  createdAt: string;
}

/** A provider's message on which nobody has acted. */
export interface WaitingWebhook {
  id: string;
  provider: string;
  state: string;
  reason: string | null;
  attempts: number;
  receivedAt: string;
  nextTryAt: string;
}

/** What failed is owed until somebody requests it again. */
const OWED = ["requested", "pending", "failed"] as const;

export const SHIPMENT_QUEUES = ["dispatch", "late", "not_delivered"] as const;
/** Paid and not with a carrier; under way beyond its promise; brought and not taken. */
export type ShipmentQueue = (typeof SHIPMENT_QUEUES)[number];

/** The order of a parcel that somebody waits for, and its newest parcel. */
export interface WaitingShipment {
  /** The order's. */
  id: string;
  orderState: string;
  sellerEmail: string | null;
  buyerEmail: string;
  totalMinor: number;
  currency: string;
  shipmentId: string | null;
  shipmentState: string | null;
  carrier: string | null;
  trackingCode: string | null;
  /** From when it waits: it was paid, was promised, or came back. */
  since: string;
}

const SHIPMENTS: Record<ShipmentQueue, { where: RawBuilder<unknown>; since: RawBuilder<unknown> }> =
  {
    dispatch: { where: sql`o.state = 'paid' and ${isLive}`, since: sql`o.paid_at` },
    late: {
      where: sql`o.state = 'shipped' and ${isLive}`,
      since: sql`coalesce(o.estimated_delivery_at, o.shipped_at)`,
    },
    not_delivered: {
      where: sql`o.state = 'not_delivered' and ${isLive}`,
      since: sql`o.changed_at`,
    },
  };

interface QueueWant {
  from: BoardFrom;
  limit: number;
}

/** Queues of what waits for somebody: oldest first, in pages that begin at a row. */
export const queueQueries = (db: Aurora) => ({
  /** Ids are in the order of asking. */
  waitingQuestions: (want: QueueWant): Promise<BoardPage<WaitingQuestion>> =>
    paged(want, ({ border, way, limit }) =>
      rowsOf<WaitingQuestion>(
        db,
        sql`
        with waiting as (
          select subject_id, min(id) as event_id from event
          where subject_kind = 'question' ${border(sql`subject_id`)}
          group by subject_id having count(*) = 1 order by subject_id ${way} limit ${limit}
        )
        select w.subject_id as id, (e.data->>'publicationId') as publication_id,
          (e.data->>'sellerId') as seller_id, s.email as seller_email, a.email as asker_email,
          (e.personal->>'text') as text, e.occurred_at as asked_at
        from waiting w join event e on e.id = w.event_id
          left join "user" s on s.id = (e.data->>'sellerId')::uuid
          left join "user" a on a.id = (e.data->>'askerId')::uuid
        order by w.subject_id ${way}`,
      ),
    ),

  waitingQuestionCount: (): Promise<number> =>
    count(
      db,
      sql`(select from event where subject_kind = 'question' group by subject_id having count(*) = 1) as waiting`,
    ),

  openPayments: (want: QueueWant): Promise<BoardPage<OpenPayment>> =>
    paged(want, ({ border, way, limit }) =>
      rowsOf<OpenPayment>(
        db,
        sql`
        select p.id, p.order_id, o.state as order_state, b.email as buyer_email, p.state, p.amount_minor, p.currency,
          p.reason, p.deadline_at, p.created_at
        from payment p join "order" o on o.id = p.order_id join "user" b on b.id = o.buyer_id
        where p.state in (${lits(UNDECIDED_PAYMENT_STATES)}) ${border(sql`p.id`)}
        order by p.id ${way} limit ${limit}`,
      ),
    ),

  openPaymentCount: (): Promise<number> =>
    count(db, sql`payment where state in (${lits(UNDECIDED_PAYMENT_STATES)})`),

  openRefunds: (want: QueueWant): Promise<BoardPage<OpenRefund>> =>
    paged(want, ({ border, way, limit }) =>
      rowsOf<OpenRefund>(
        db,
        sql`
        select r.id, r.payment_id, p.order_id, b.email as buyer_email, r.state, r.amount_minor, p.currency, r.reason,
          r.attempt, r.created_at
        from refund r join payment p on p.id = r.payment_id join "order" o on o.id = p.order_id
          join "user" b on b.id = o.buyer_id
        where r.state in (${lits(OWED)}) ${border(sql`r.id`)}
        order by r.id ${way} limit ${limit}`,
      ),
    ),

  openRefundCount: (): Promise<number> => count(db, sql`refund where state in (${lits(OWED)})`),

  waitingWebhooks: (want: QueueWant): Promise<BoardPage<WaitingWebhook>> =>
    paged(want, ({ border, way, limit }) =>
      rowsOf<WaitingWebhook>(
        db,
        sql`
        select id, provider, state, reason, attempts, received_at, next_try_at from webhook
        where state in ('received', 'failed') ${border(sql`id`)}
        order by id ${way} limit ${limit}`,
      ),
    ),

  waitingWebhookCount: (): Promise<number> =>
    count(db, sql`webhook where state in ('received', 'failed')`),

  /** `at`: what was promised for later is not late. */
  waitingShipments: (
    queue: ShipmentQueue,
    at: string,
    want: QueueWant,
  ): Promise<BoardPage<WaitingShipment>> =>
    paged(want, ({ border, way, limit }) => {
      const { where, since } = SHIPMENTS[queue];
      return rowsOf<WaitingShipment>(
        db,
        sql`
        with waiting as (
          select o.*, ${since} as since from "order" o
          where ${where} and ${since} < ${at} ${border(sql`(${since}, o.id)`)}
          order by ${since} ${way}, o.id ${way} limit ${limit}
        )
        select o.id, o.state as order_state, s.email as seller_email, b.email as buyer_email, o.total_minor, o.currency,
          p.id as shipment_id, p.state as shipment_state, p.carrier, p.tracking_code, o.since
        from waiting o join "user" b on b.id = o.buyer_id left join "user" s on s.id = o.seller_id
          left join lateral (select * from shipment p where p.order_id = o.id order by p.id desc limit 1) p on true
        order by o.since ${way}, o.id ${way}`,
      );
    }),

  waitingShipmentCount: (queue: ShipmentQueue, at: string): Promise<number> => {
    const { where, since } = SHIPMENTS[queue];
    return count(db, sql`"order" o where ${where} and ${since} < ${at}`);
  },
});

interface Asked {
  /** Keeps to the rows from the cursor on, by a column or, of a cursor `MOMENT~ID`, by two of them. */
  border: (column: RawBuilder<unknown>) => RawBuilder<unknown>;
  way: RawBuilder<unknown>;
  limit: number;
}

/** A page of a list whose rows are read in one direction or the other. */
function paged<Row>(
  want: QueueWant,
  read: (asked: Asked) => Promise<Row[]>,
): Promise<BoardPage<Row>> {
  const cursor = cursorOf(want.from);
  const values = sql.join(cursor?.split("~") ?? []);
  const rowsFrom = (isBackward: boolean, operator: string, most: number) =>
    read({
      border: (column) =>
        cursor === undefined ? sql`` : sql`and ${column} ${sql.raw(operator)} (${values})`,
      way: isBackward ? sql`desc` : sql`asc`,
      limit: most,
    });
  return readPage(
    want,
    (isBackward, most) => rowsFrom(isBackward, isBackward ? "<=" : ">=", most),
    async (isBackward) => (await rowsFrom(!isBackward, isBackward ? ">" : "<", 1)).length > 0,
  );
}

async function count(db: Aurora, from: RawBuilder<unknown>): Promise<number> {
  const [row] = await rowsOf<{ count: number }>(db, sql`select count(*) as count from ${from}`);
  return row?.count ?? 0;
}
