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
  | "question"
  | "review";

export type LookupStore = ReturnType<typeof lookupStore>;

const PREFIX = /^[0-9a-f-]{4,36}$/;

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
      if (!PREFIX.test(typed)) throw notFound(kind, text);
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
        throw new MktError("invalid", `${text} begins several ids of a ${kind}`, {
          hint: `${first.id}, ${second.id}…: type more of it`,
        });
      }
      return first.id;
    }),
});

const notFound = (kind: Named, text: string) =>
  new MktError("not_found", `there is no ${kind} ${JSON.stringify(text)}`, {
    hint:
      kind === "category" ? "mkt category list shows them" : `mkt ${kind} list shows what there is`,
  });

const hex = (typed: string) => typed.replaceAll("-", "");
const dashed = (digits: string) =>
  digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const lowest = (typed: string) => dashed(hex(typed).slice(0, 32).padEnd(32, "0"));
const highest = (typed: string) => dashed(hex(typed).slice(0, 32).padEnd(32, "f"));
