import { sql } from "kysely";
import { isId } from "../../domain/ids.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, query } from "./client.ts";

/** Things that can be named by the beginning of their id. */
export type Named =
  | "user"
  | "publication"
  | "category"
  | "purchase"
  | "order"
  | "payment"
  | "shipment"
  | "dispute"
  | "webhook"
  | "question"
  | "review"
  | "bulk_run";

export type LookupStore = ReturnType<typeof lookupStore>;

const PREFIX = /^[0-9a-f-]{4,36}$/;
/** Fewer digits begin too many. */
const LEAST_DIGITS = 4;

/** Finds whole ids from what people type. */
export const lookupStore = (db: Aurora) => ({
  /**
   * The id that this text begins, or is. Throws `not_found` when there is none, `invalid` when there are
   * several. Questions are found by their events, since they live in DynamoDB.
   */
  resolve: (kind: Named, text: string): Promise<string> =>
    query(async () => {
      const typed = text.trim().toLowerCase();
      if (kind === "question" && isId(typed)) return typed;
      if (!PREFIX.test(typed) || hex(typed).length < LEAST_DIGITS) throw notFound(kind, text);
      const [low, high] = [lowest(typed), highest(typed)];
      const table = kind === "question" ? sql`event` : sql.table(kind);
      const column = kind === "question" ? sql.ref("subject_id") : sql.ref("id");
      const only = kind === "question" ? sql`and subject_kind = 'question'` : sql``;
      const { rows } = await sql<{ id: string }>`
        select distinct ${column} as id from ${table}
        where ${column} between ${low}::uuid and ${high}::uuid ${only} limit 3`.execute(db);
      const [first, second] = rows;
      if (!first) throw notFound(kind, text);
      if (second) {
        throw new MktError("invalid", `${text} begins several ids of a ${kind.replace("_", " ")}`, {
          hint: `${first.id}, ${second.id}…: type more of it`,
        });
      }
      return first.id;
    }),

  /** The newest things whose id begins so, with their states: what a shell offers while one is typed. */
  newest: (
    kind: Offered,
    typed: string,
    { partyId, limit }: { partyId: string | undefined; limit: number },
  ): Promise<{ id: string; state: string }[]> =>
    query(async () => {
      const text = typed.toLowerCase();
      if (!/^[0-9a-f-]{0,36}$/.test(text)) return [];
      const mine = partyId === undefined ? sql`true` : ofParty[kind](partyId);
      const { rows } = await sql<{ id: string; state: string }>`
        select thing.id, ${kind === "purchase" ? sql`currency` : sql`state`} as state
        from ${sql.table(kind)} thing
        where thing.id between ${lowest(text)}::uuid and ${highest(text)}::uuid and ${mine}
        order by thing.id desc limit ${limit}`.execute(db);
      return rows.filter(({ id }) => id.startsWith(text));
    }),

  /** The newest users whose e-mail begins so. */
  newestUsers: (
    typed: string,
    { userId, limit }: { userId: string | undefined; limit: number },
  ): Promise<{ email: string; name: string }[]> =>
    query(async () => {
      let users = db
        .selectFrom("user")
        .select(["email", "name"])
        .orderBy("id", "desc")
        .limit(limit);
      users = users.where(
        sql<boolean>`starts_with(email_folded, ${typed.normalize("NFC").toLowerCase()})`,
      );
      if (userId) users = users.where("id", "=", userId);
      return users.execute();
    }),
});

/** Things that a shell can offer by their ids. */
export type Offered = "publication" | "purchase" | "order" | "payment" | "shipment" | "dispute";

const ofOrder = (partyId: string) =>
  sql`exists (select from "order" o where o.id = thing.order_id
    and ${partyId} in (o.buyer_id, o.seller_id))`;

/** Whose things these are; anybody may buy what is for sale. */
const ofParty = {
  publication: (partyId: string) => sql`(state = 'active' or seller_id = ${partyId})`,
  purchase: (partyId: string) => sql`buyer_id = ${partyId}`,
  order: (partyId: string) => sql`${partyId} in (buyer_id, seller_id)`,
  payment: ofOrder,
  shipment: ofOrder,
  dispute: ofOrder,
};

const notFound = (kind: Named, text: string) => {
  const [name, list] = kind === "bulk_run" ? ["bulk run", "bulk"] : [kind, kind];
  return new MktError("not_found", `there is no ${name} ${JSON.stringify(text)}`, {
    hint:
      kind === "category" ? "mkt category list shows them" : `mkt ${list} list shows what there is`,
  });
};

const hex = (typed: string) => typed.replaceAll("-", "");
const dashed = (digits: string) =>
  digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const lowest = (typed: string) => dashed(hex(typed).slice(0, 32).padEnd(32, "0"));
const highest = (typed: string) => dashed(hex(typed).slice(0, 32).padEnd(32, "f"));
