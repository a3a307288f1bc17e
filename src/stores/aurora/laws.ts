import { sql } from "kysely";
import type { Actor } from "../../domain/actor.ts";
import type { Fault, LawName } from "../../domain/law.ts";
import type { PublicationPage } from "../../domain/publication.ts";
import { type Aurora, query, transact } from "./client.ts";
import { eventLaws } from "./event-laws.ts";
import type { FaultRow, LawBatch, LawQuery, LawSubject } from "./law-query.ts";
import { recordAudit } from "./log.ts";
import { moneyLaws } from "./money-laws.ts";
import { lockPayment, requestFailedAgain } from "./payment-rows.ts";
import { stateLaws } from "./state-laws.ts";
import { stockLaws } from "./stock-laws.ts";

export type LawStore = ReturnType<typeof lawStore>;
export type { LawSubject };

/** Things in order of id: those behind `after`, up to `last`. */
export interface LawRange {
  subject: LawSubject;
  after: string;
  last: string;
  count: number;
}

export type LawTimes = Pick<LawBatch, "lately" | "realLately" | "webhookAttempts">;

/** A publication's page as Aurora has it; without its text when that was erased. */
export interface RowPage extends Omit<PublicationPage, "title" | "description" | "keywords"> {
  title: string;
  description: string;
  keywords: string;
  /** Some event of it waits to be applied, or is set aside. */
  isPending: boolean;
}

const QUERIES: readonly LawQuery[] = [...stockLaws, ...moneyLaws, ...stateLaws, ...eventLaws];
const FIRST_UUID = "00000000-0000-0000-0000-000000000000";
const isNumbered = (subject: LawSubject) => subject === "event" || subject === "position";

/** What `mkt doctor` asks Aurora. Nothing but the last two methods changes anything. */
export const lawStore = (db: Aurora) => ({
  /** Which things some of these laws go through. */
  subjects: async (laws: readonly LawName[]): Promise<LawSubject[]> => [
    ...new Set(QUERIES.filter(({ law }) => laws.includes(law)).map(({ subject }) => subject)),
  ],

  /** Which of these laws speak of such things. */
  lawsOf: async (subject: LawSubject, laws: readonly LawName[]): Promise<LawName[]> =>
    [...new Set(QUERIES.flatMap((one) => (one.subject === subject ? one.law : [])))].filter((law) =>
      laws.includes(law),
    ),

  /** The next things behind one of them, or the first; undefined when there are no more. */
  nextRange: (
    subject: LawSubject,
    after: string | undefined,
    limit: number,
  ): Promise<LawRange | undefined> =>
    query(async () => {
      const from = after ?? (isNumbered(subject) ? "0" : FIRST_UUID);
      const column = sql.ref(subject === "position" ? "position" : "id");
      const table = sql.table(subject === "position" ? "event" : subject);
      const { rows } = await sql<{ last: string | null; count: number }>`
        select (array_agg(id order by id desc))[1]::text as last, count(*) as count
        from (select ${column} as id from ${table} where ${column} > ${from}::${typeOf(subject)}
          order by ${column} limit ${limit}) as things`.execute(db);
      const [found] = rows;
      return found?.last
        ? { subject, after: from, last: found.last, count: found.count }
        : undefined;
    }),

  /** What breaks these laws among the things of a range. */
  faults: (
    laws: readonly LawName[],
    { subject, after, last }: LawRange,
    times: LawTimes,
  ): Promise<Fault[]> =>
    query(async () => {
      const type = typeOf(subject);
      const holds = (id: string) => {
        const column = sql.ref(id);
        return sql<boolean>`(${column} > ${after}::${type} and ${column} <= ${last}::${type})`;
      };
      const asked = QUERIES.filter((one) => one.subject === subject && laws.includes(one.law));
      const found = await Promise.all(
        asked.map(async ({ law, faults }) => {
          const { rows } = await faults({ holds, after, ...times }).execute(db);
          return rows.map((row) => faultOf(law, row));
        }),
      );
      return found.flat();
    }),

  /** The publications of a range, or of a list, as their pages should be. */
  pages: (which: LawRange | readonly string[]): Promise<RowPage[]> =>
    query(async () => {
      const among =
        "after" in which
          ? sql`p.id > ${which.after}::uuid and p.id <= ${which.last}::uuid`
          : sql`p.id = any(${[...which]}::uuid[])`;
      const { rows } = await sql<PageRow>`
        select p.id, p.seller_id, p.state, p.version, p.revision, p.price_minor, p.currency, p.availability,
          p.rating_sum, p.rating_count, p.created_at as published_at, text.data -> 'images' as images, text.personal,
          array(select category_id::text from publication_category where publication_id = p.id order by category_id)
            as categories,
          exists (select from set_aside where subject_id = p.id) or exists (
            select from event where subject_id = p.id
              and (position is null or position > coalesce((select position from cursor where name = 'relay'), 0))
          ) as is_pending
        from publication p left join lateral (
          select data, personal from event
          where subject_id = p.id and type in ('publication.published', 'publication.updated')
            and (data ->> 'version')::integer <= p.version
          order by id desc limit 1
        ) as text on true
        where ${among} order by p.id`.execute(db);
      return rows.map(pageOf);
    }),

  /** Which of these publications have no row. */
  missing: (ids: readonly string[]): Promise<string[]> =>
    query(async () => {
      const { rows } = await sql<{ id: string }>`
        select id from unnest(${[...ids]}::text[]) as asked (id)
        where not exists (select from publication p where p.id::text = asked.id)`.execute(db);
      return rows.map(({ id }) => id);
    }),

  /** Which of these facts, copied from another store, the event log does not have. */
  uncopied: (sourceKeys: readonly string[]): Promise<string[]> =>
    query(async () => {
      const { rows } = await sql<{ key: string }>`
        select key from unnest(${[...sourceKeys]}::text[]) as asked (key)
        where not exists (select from event e where e.source_key = asked.key)`.execute(db);
      return rows.map(({ key }) => key);
    }),

  /** The images of every document that any publication ever had, some publications at a time. */
  imagesOf: ({ after, last }: LawRange): Promise<string[]> =>
    query(async () => {
      const { rows } = await sql<{ image: string }>`
        select distinct jsonb_array_elements_text(data -> 'images') as image from event
        where subject_id > ${after}::uuid and subject_id <= ${last}::uuid
          and type in ('publication.published', 'publication.updated')`.execute(db);
      return rows.map(({ image }) => image);
    }),

  /** The payment that a refund is of. */
  paymentOf: (refundId: string): Promise<string | undefined> =>
    query(async () => {
      const rows = db.selectFrom("refund").select("paymentId").where("id", "=", refundId);
      return (await rows.executeTakeFirst())?.paymentId;
    }),

  /** Leaves in the audit log who had what repaired. */
  recordRepair: (
    { kind, id, law, repair }: Pick<Fault, "kind" | "id" | "law" | "repair">,
    { userId, operatorId }: Actor,
    at: string,
  ): Promise<void> =>
    transact(db, (tx) =>
      recordAudit(tx, {
        actorId: operatorId ?? userId,
        onBehalfOf: operatorId && userId,
        action: "doctor.repair",
        subjectKind: kind,
        subjectId: id,
        detail: { law, repair },
        at,
      }),
    ),

  /** Requests again what failed of a refund's payment; gives the payment's id. */
  requestRefundAgain: (refundId: string, actor: string, at: string): Promise<string | undefined> =>
    transact(db, async (tx) => {
      const found = await tx
        .selectFrom("refund")
        .select("paymentId")
        .where("id", "=", refundId)
        .executeTakeFirst();
      if (!found) return undefined;
      const { payment } = await lockPayment(tx, found.paymentId);
      await requestFailedAgain(tx, payment, actor, at);
      return payment.id;
    }),
});

const typeOf = (subject: LawSubject) => sql.raw(isNumbered(subject) ? "bigint" : "uuid");

function faultOf(law: LawName, { kind, id, orderId, problem, repair = null }: FaultRow): Fault {
  return { law, kind, id, ...(orderId !== null && { orderId }), problem, repair };
}

interface PageRow
  extends Omit<RowPage, "rating" | "images" | "title" | "description" | "keywords" | "language"> {
  ratingSum: number;
  ratingCount: number;
  images: string[] | null;
  personal: Pick<PublicationPage, "title" | "description" | "keywords" | "language"> | null;
}

function pageOf({ ratingSum, ratingCount, images, personal, ...row }: PageRow): RowPage {
  const rating = { average: Math.round((100 * ratingSum) / ratingCount) / 100, count: ratingCount };
  const erased = { title: "", description: "", keywords: "", language: "en" } as const;
  return {
    ...row,
    ...(personal ?? erased),
    images: images ?? [],
    rating: ratingCount === 0 ? null : rating,
  };
}
