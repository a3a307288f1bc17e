import type pg from "pg";
import type { Profile } from "../../config.ts";
import { newId } from "../../domain/ids.ts";
import { sourceOf } from "../../domain/seed/parameters.ts";
import { MktError } from "../../errors.ts";
import { aloneWith, connectAlone } from "./client.ts";
import { auroraError } from "./errors.ts";
import { SEQUENCE } from "./log.ts";
import { ROLLUP } from "./rollups.ts";

export type UnseedStore = ReturnType<typeof unseedStore>;

/** What is left to take out of DynamoDB. */
export interface Leaving {
  users: string[];
  publications: string[];
  categories: string[];
}

/** How many rows of each table were deleted. */
export type Deleted = Record<string, number>;

/** Something outside of a run that refers to something of it. */
interface Outside {
  what: string;
  id: string;
  count: number;
}

/** Takes seeded worlds away, as the role that owns the schema: operations delete nothing. */
export const unseedStore = (profile: Profile) => ({
  /**
   * Deletes all rows of a run in one transaction, which leaves one audit row and what DynamoDB has still to lose.
   * Where a former try got as far, nothing is deleted. Throws `not_found` without the run, `conflict` while it is
   * being written and where something else refers to it: then nothing is changed.
   */
  takeAway: (
    run: string,
    actorId: string,
    at: string,
  ): Promise<{ left: Leaving; deleted: Deleted }> =>
    asMigrator(profile, async (client) => {
      await client.query("begin");
      try {
        const left = await lockRun(client, run);
        const deleted = left ? {} : await deleteRun(client, { run, actorId, at });
        const rows = await client.query("select leaving from seed_run where run = $1", [run]);
        await client.query("commit");
        return { left: rows.rows[0]?.leaving as Leaving, deleted };
      } catch (error) {
        await client.query("rollback").catch(() => undefined);
        throw error;
      }
    }),

  /** Nothing of it is left anywhere. */
  forget: (run: string): Promise<void> =>
    asMigrator(profile, async (client) => {
      await client.query("delete from seed_run where run = $1 and state = 'leaving'", [run]);
    }),
});

async function asMigrator<T>(profile: Profile, work: (client: pg.Client) => Promise<T>) {
  const role = profile.aurora.adminRole;
  try {
    return await aloneWith(connectAlone(profile, { role, options: "-c role=mkt_migrator" }), work);
  } catch (error) {
    throw unseedError(error);
  }
}

function unseedError(error: unknown): unknown {
  const isReferred = error instanceof Error && "code" in error && error.code === "23503";
  if (!isReferred) return auroraError(error);
  return new MktError("conflict", "something came to refer to the run at this moment", {
    hint: "the same command again says what it is",
    cause: error,
  });
}

/** Gives what a former try left over; nothing is deleted while somebody writes the run. */
async function lockRun(client: pg.Client, run: string): Promise<Leaving | undefined> {
  const lock = [`history:${sourceOf(run)}`];
  const { rows } = await client.query(
    "select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine",
    lock,
  );
  if (rows[0]?.mine !== true)
    throw new MktError("conflict", `run ${run} is being written just now`, {
      hint: "stop mkt seed first",
    });
  const found = await client.query("select leaving from seed_run where run = $1 for update", [run]);
  if (found.rows.length === 0)
    throw new MktError("not_found", `there is no run ${JSON.stringify(run)}`, {
      hint: "mkt unseed --list shows those that are there",
    });
  return found.rows[0]?.leaving ?? undefined;
}

/** Ids of what belongs to the run, by kind, in tables of the transaction's own. */
const PARTS: readonly (readonly [name: string, query: string])[] = [
  ["user", `select id from "user" where source = $1`],
  ["category", "select id from category where source = $1"],
  ["publication", "select id from publication where source = $1"],
  ["purchase", "select id from purchase where source = $1"],
  ["order", `select id from "order" where purchase_id in (select id from run_purchase)`],
  ["line", "select id from order_line where order_id in (select id from run_order)"],
  ["payment", "select id from payment where order_id in (select id from run_order)"],
  ["refund", "select id from refund where payment_id in (select id from run_payment)"],
  ["shipment", "select id from shipment where order_id in (select id from run_order)"],
  ["dispute", "select id from dispute where order_id in (select id from run_order)"],
  ["review", "select id from review where order_id in (select id from run_order)"],
  [
    "question",
    `select distinct subject_id as id from event where subject_kind = 'question'
      and (data ->> 'publicationId')::uuid in (select id from run_publication)`,
  ],
];
const SUBJECTS = "user category publication order payment refund shipment dispute review question"
  .split(" ")
  .map((kind) => `select id from run_${kind}`)
  .join(" union all ");

const inside = (column: string, kind: string) => `${column} in (select id from run_${kind})`;
const outside = (column: string, kind: string) => `${column} not in (select id from run_${kind})`;

/** What may refer to a run from outside: who, and how to find it. */
const REFERENCES: readonly (readonly [what: string, query: string])[] = [
  [
    "publication",
    `select id::text from publication where ${outside("id", "publication")} and (${inside("seller_id", "user")}
      or id in (select publication_id from publication_category where ${inside("category_id", "category")}))`,
  ],
  [
    "order",
    `select distinct o.id::text from "order" o left join order_line l on l.order_id = o.id
      where ${outside("o.id", "order")} and (${inside("o.buyer_id", "user")} or ${inside("o.seller_id", "user")}
        or ${inside("l.publication_id", "publication")})`,
  ],
  [
    "purchase",
    `select id::text from purchase where ${outside("id", "purchase")} and ${inside("buyer_id", "user")}`,
  ],
  [
    "review",
    `select id::text from review where ${outside("id", "review")} and ${inside("author_id", "user")}`,
  ],
  [
    "question",
    `select distinct subject_id::text as id from event where subject_kind = 'question' and (
      ${outside("subject_id", "question")} and (${inside("(data ->> 'askerId')::uuid", "user")}
        or ${inside("(data ->> 'sellerId')::uuid", "user")})
      or ${inside("subject_id", "question")} and ${outside("(data ->> 'askerId')::uuid", "user")})`,
  ],
  [
    "role",
    `select user_id::text as id from user_role where ${outside("user_id", "user")} and ${inside("granted_by", "user")}`,
  ],
  ["bulk run", `select id::text from bulk_run where ${inside("actor_id", "user")}`],
];

/** Rows to delete, in an order in which nothing that is left refers to what is gone; `$1` is the run's source. */
const DELETIONS: readonly (readonly [table: string, condition: string])[] = [
  ["ledger_entry", inside("order_id", "order")],
  ["review", inside("id", "review")],
  ["dispute", inside("id", "dispute")],
  [
    "webhook",
    `id in (select w.id from webhook w join run_provider p on position(p.id in w.body) > 0)`,
  ],
  ["shipment_scan", inside("shipment_id", "shipment")],
  ["shipment", inside("id", "shipment")],
  ["refund", inside("id", "refund")],
  ["payment", inside("id", "payment")],
  ["stock_movement", inside("publication_id", "publication")],
  ["order_line", inside("id", "line")],
  [`"order"`, inside("id", "order")],
  ["purchase", inside("id", "purchase")],
  ["publication_category", inside("publication_id", "publication")],
  ["publication", inside("id", "publication")],
  ["category", inside("id", "category")],
  ["session", inside("user_id", "user")],
  ["user_role", inside("user_id", "user")],
  [`"user"`, inside("id", "user")],
  ["transition", inside("subject_id", "subject")],
  [
    "activity",
    `source = $1 or ${inside("publication_id", "publication")} or ${inside("user_id", "user")}`,
  ],
  ["set_aside", inside("subject_id", "subject")],
  ["event", inside("subject_id", "subject")],
];

/** Foreign keys without an index of their own: each deleted row would be looked for in all of a table. */
const MISSING_INDEXES: readonly (readonly [table: string, column: string])[] = [
  ["ledger_entry", "payment_id"],
  ["ledger_entry", "refund_id"],
  ["dispute", "order_line_id"],
  ["review", "author_id"],
  ["bulk_run", "actor_id"],
  ["user_role", "granted_by"],
];

async function deleteRun(
  client: pg.Client,
  { run, actorId, at }: { run: string; actorId: string; at: string },
): Promise<Deleted> {
  // What is summed up of days would still have the run in it.
  for (const statement of [ROLLUP.lock, ROLLUP.forget, ROLLUP.empty]) await client.query(statement);
  // Lists of ids must fit into a hash table: else each row would be compared with all of a list.
  await client.query("set local work_mem = '256MB'");
  for (const [kind, query] of PARTS) await collect(client, `run_${kind}`, query, [sourceOf(run)]);
  await refuseReferred(client, run);
  await collect(client, "run_subject", SUBJECTS, []);
  await collect(
    client,
    "run_provider",
    `select provider_id as id from payment where provider_id is not null and ${inside("id", "payment")}
      union select provider_id from refund where provider_id is not null and ${inside("id", "refund")}
      union select provider_id from shipment where provider_id is not null and ${inside("id", "shipment")}`,
    [],
  );
  const { rows } = await client.query(`select json_build_object(
    'users', coalesce((select json_agg(id) from run_user), '[]'),
    'publications', coalesce((select json_agg(id) from run_publication), '[]'),
    'categories', coalesce((select json_agg(id) from run_category), '[]')) as leaving`);
  await client.query(
    "update seed_run set state = 'leaving', leaving = $2, changed_at = $3 where run = $1",
    [run, JSON.stringify(rows[0]?.leaving), at],
  );
  for (const [index, [table, column]] of MISSING_INDEXES.entries())
    await client.query(`create index unseed_${index} on ${table} (${column})`);
  await leaveGaps(client, at);
  const deleted: Deleted = {};
  for (const [table, condition] of DELETIONS) {
    const source = condition.includes("$1") ? [sourceOf(run)] : [];
    const { rowCount } = await client.query(`delete from ${table} where ${condition}`, source);
    if (rowCount) deleted[table.replaceAll('"', "")] = rowCount;
  }
  for (const index of MISSING_INDEXES.keys()) await client.query(`drop index unseed_${index}`);
  await client.query(
    `insert into audit (id, actor_id, action, subject_kind, subject_id, detail, at)
      values ($1, $2, 'unseed', 'seed_run', $3, $4, $5)`,
    [newId(), actorId, run, JSON.stringify({ deleted }), at],
  );
  return deleted;
}

async function collect(client: pg.Client, table: string, query: string, values: string[]) {
  // A statement that makes a table takes no parameters.
  const text = query.replaceAll("$1", values.map((value) => client.escapeLiteral(value)).join());
  await client.query(`create temporary table ${table} on commit drop as ${text}`);
  await client.query(`create index on ${table} (id)`);
  await client.query(`analyze ${table}`);
}

async function refuseReferred(client: pg.Client, run: string): Promise<void> {
  const found: Outside[] = [];
  for (const [what, query] of REFERENCES) {
    const { rows } = await client.query(
      `select min(id) as id, count(*)::int as count from (${query}) as found`,
    );
    const [{ id, count }] = rows as [{ id: string | null; count: number }];
    if (id !== null) found.push({ what, id, count });
  }
  if (found.length === 0) return;
  const named = found.map(({ what, id, count }) =>
    count === 1 ? `${what} ${id}` : `${count} ${what}s, such as ${id}`,
  );
  throw new MktError("conflict", `run ${run} is referred to from outside: ${named.join("; ")}`, {
    hint: "nothing was changed: what others did with it cannot be taken away",
  });
}

/**
 * Remembers the positions that go with the run's events, in stretches that do not touch: the log goes on behind
 * them. Every event has its position before, and nobody gives another one until the transaction ends.
 */
async function leaveGaps(client: pg.Client, at: string): Promise<void> {
  await client.query(SEQUENCE.lock);
  await client.query(SEQUENCE.place);
  await client.query(
    `create temporary table run_gap on commit drop as
      with empty as (
        select min(position) as first, max(position) as last from (
          select position, position - row_number() over (order by position) as stretch from event
          where ${inside("subject_id", "subject")}
        ) as gone group by stretch
        union all select first_position, last_position from event_gap
      ), marked as (
        select first, last, coalesce(first > max(last) over (
          order by first rows between unbounded preceding and 1 preceding) + 1, true)::int as begins
        from empty
      ), numbered as (
        select first, last, sum(begins) over (order by first) as stretch from marked
      )
      select min(first) as first, max(last) as last from numbered group by stretch`,
  );
  await client.query("delete from event_gap");
  await client.query(
    "insert into event_gap (first_position, last_position, at) select first, last, $1 from run_gap",
    [at],
  );
}
