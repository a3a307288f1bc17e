import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Profile } from "../../config.ts";
import { publicationEvent, publicationFacts } from "../../domain/event-data.ts";
import { newId } from "../../domain/ids.ts";
import { type Counts, countSales } from "../../domain/past/past-things.ts";
import type { PastRows } from "../../domain/past/rows.ts";
import { LAST_UNITS } from "../../domain/publication.ts";
import { MktError } from "../../errors.ts";
import { connectAlone } from "./client.ts";
import { COPY_COLUMNS, type CopyTable, copyText } from "./copy-text.ts";
import { auroraError, isDuplicate } from "./errors.ts";
import { LAST_POSITION, SEQUENCE } from "./log.ts";

export type HistoryStore = ReturnType<typeof historyStore>;

/** Which things of a history may be there already. */
export type KnownTable = "user" | "category" | "publication" | "purchase";

/** Writes histories in batches, each in one transaction, by COPY. */
export const historyStore = (profile: Profile) => ({
  /**
   * A connection of its own, which one after the other writes batches on; close it. Without `durable` the last
   * batches may be lost, whole, when the machine crashes: for whoever writes again what is not there. `trusted`
   * takes the writer's word that whatever rows refer to is there, but for categories, as far as Aurora's
   * administrator may do so: looking it up again is a third of the work.
   */
  open: async ({ durable = true, trusted = false } = {}): Promise<HistoryWriter> => {
    try {
      const client = (trusted && (await connectTrusted(profile))) || (await connectAlone(profile));
      if (!durable) await client.query("set synchronous_commit = off");
      return historyWriter(client);
    } catch (error) {
      throw auroraError(error);
    }
  },
});

const DENIED = "42501";

/** Nothing where the administrator may not: foreign keys are triggers, which sessions that replicate do not run. */
async function connectTrusted(profile: Profile): Promise<pg.Client | undefined> {
  const client = await connectAlone(profile, { role: profile.aurora.adminRole });
  try {
    await client.query("set session_replication_role = replica");
    await client.query("set role mkt_app");
    return client;
  } catch (error) {
    await client.end();
    if (error instanceof Error && "code" in error && error.code === DENIED) return undefined;
    throw error;
  }
}

export interface HistoryWriter {
  /** Which of these ids are there. */
  known(table: KnownTable, ids: readonly string[]): Promise<Set<string>>;
  /**
   * Writes a batch, whole or not at all: rows, what they change of publications that are there already, and
   * events with their positions, marked as imported. Stock that lacks is brought in as an adjustment. Throws
   * `conflict` when another process wrote some of it meanwhile. Events get their positions only after
   * `turn`, so that of batches that are written at once each has its place.
   */
  write(rows: PastRows, turn?: Promise<void>): Promise<void>;
  /** Does something while no other process writes the history of the same source; `conflict` when one does. */
  alone<T>(source: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function historyWriter(client: pg.Client): HistoryWriter {
  return {
    known: async (table, ids) => {
      if (ids.length === 0) return new Set();
      const { rows } = await asked(
        client.query<{ id: string }>(`select id from "${table}" where id = any($1::uuid[])`, [ids]),
      );
      return new Set(rows.map(({ id }) => id));
    },
    write: async (rows, turn) => {
      await asked(client.query("begin"));
      try {
        await writeBatch(client, rows, turn);
        await client.query("commit");
      } catch (error) {
        await client.query("rollback").catch(() => undefined);
        throw writeError(error);
      }
    },
    alone: async (source, work) => {
      const lock = [`history:${source}`];
      const { rows } = await asked(
        client.query("select pg_try_advisory_lock(hashtextextended($1, 0)) as mine", lock),
      );
      if (rows[0]?.mine !== true) {
        throw new MktError("conflict", `another process writes the history of ${source} just now`, {
          hint: "wait until it has ended; the same command then goes on where it stopped",
        });
      }
      try {
        return await work();
      } finally {
        await client
          .query("select pg_advisory_unlock(hashtextextended($1, 0))", lock)
          .catch(() => undefined);
      }
    },
    close: () => client.end(),
  };
}

const BEFORE_EVENTS: readonly CopyTable[] = [
  "user",
  "category",
  "publication",
  "publicationCategory",
  "purchase",
  "order",
  "orderLine",
  "stockMovement",
  "payment",
  "refund",
  "shipment",
  "dispute",
  "review",
  "ledgerEntry",
  "transition",
  "activity",
];

async function writeBatch(
  client: pg.Client,
  rows: PastRows,
  turn: Promise<void> | undefined,
): Promise<void> {
  const counts = countSales(rows);
  await lockCategories(client, rows);
  for (const table of BEFORE_EVENTS) await copy(client, table, rows[table]);
  const changed = await changeCounts(client, counts);
  await turn;
  // Now all rows are locked that events are about: their ids come in the order of commits.
  await client.query(SEQUENCE.lock);
  await client.query(SEQUENCE.place);
  const last = await client.query(`select ${LAST_POSITION} as last`);
  let position = Number(last.rows[0]?.last);
  const events = function* () {
    for (const event of [...rows.event, ...changed]) {
      position += 1;
      yield { ...event, position, imported: true };
    }
  };
  await copy(client, "event", events());
}

/** Whatever goes at this moment, the categories that publications are put into stay. */
async function lockCategories(
  client: pg.Client,
  { category, publicationCategory }: PastRows,
): Promise<void> {
  const own = new Set(category.map(({ id }) => id));
  const ids = [...new Set(publicationCategory.map(({ categoryId }) => categoryId))];
  const others = ids.filter((id) => !own.has(id));
  if (others.length === 0) return;
  const locked = await client.query(
    "select from category where id = any($1::uuid[]) order by id for key share",
    [others],
  );
  if (locked.rowCount === others.length) return;
  throw new MktError("conflict", "a category was taken away meanwhile", {
    hint: "the same command again makes it anew",
  });
}

async function copy(client: pg.Client, table: CopyTable, rows: Iterable<object>): Promise<void> {
  const text = copyText(table, rows);
  const first = text.next();
  if (first.done) return;
  const columns = COPY_COLUMNS[table].map(({ name }) => `"${name}"`).join(", ");
  const target = client.query(copyFrom(`copy "${snake(table)}" (${columns}) from stdin`));
  const chunks = function* () {
    yield first.value;
    yield* text;
  };
  await pipeline(Readable.from(chunks()), target);
}

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

interface Changed {
  id: string;
  sellerId: string;
  state: "active" | "paused" | "closed";
  version: number;
  revision: number;
  priceMinor: number;
  currency: string;
  availability: "in_stock" | "last_units" | "sold_out";
  ratingSum: number;
  ratingCount: number;
  createdAt: string;
  isRated: boolean;
  added: number;
  categories: string[];
  images: string[] | null;
}

/** Changes publications that are there already; gives the events of those whose pages show it. */
async function changeCounts(
  client: pg.Client,
  counts: readonly Counts[],
): Promise<PastRows["event"]> {
  if (counts.length === 0) return [];
  const ids = counts.map(({ publicationId }) => publicationId);
  await client.query("select from publication where id = any($1::uuid[]) order by id for update", [
    ids,
  ]);
  const { rows } = await client.query<Changed>(CHANGE, [
    ids,
    counts.map(({ stock }) => stock),
    counts.map(({ soldUnits }) => soldUnits),
    counts.map(({ ratingSum }) => ratingSum),
    counts.map(({ ratingCount }) => ratingCount),
  ]);
  const at = new Map(counts.map((count) => [count.publicationId, count.at]));
  const timeOf = (id: string) => at.get(id) || new Date().toISOString();
  const movements = rows
    .filter(({ added }) => added > 0)
    .map(({ id, added }) => ({
      id: newId(),
      publicationId: id,
      delta: added,
      reason: "adjusted",
      orderLineId: null,
      at: timeOf(id),
    }));
  await copy(client, "stockMovement", movements);
  return rows
    .filter(({ images }) => images !== null)
    .map((row) => {
      const type = row.isRated ? "publication.rated" : "publication.availability_changed";
      const facts = publicationFacts(
        { ...row, createdAt: new Date(row.createdAt).toISOString() },
        row.categories,
        row.images ?? [],
      );
      return {
        ...publicationEvent(type, facts),
        actor: `user:${row.sellerId}`,
        occurredAt: timeOf(row.id),
        personal: null,
      };
    });
}

const availability = (stock: string) =>
  `case when ${stock} <= 0 then 'sold_out' when ${stock} <= ${LAST_UNITS} then 'last_units' else 'in_stock' end`;
const STOCK = "greatest(0, p.stock + c.stock)";
/** `images` stands only where the page shows what changed. */
const CHANGE = `
  with c as (
    select * from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[])
      as c (id, stock, sold_units, rating_sum, rating_count)
  ), before as (
    select p.id, p.revision, greatest(0, -(p.stock + c.stock)) as added from publication p join c on c.id = p.id
  ), changed as (
    update publication p set
      stock = ${STOCK},
      availability = ${availability(STOCK)},
      sold_units = p.sold_units + c.sold_units,
      rating_sum = p.rating_sum + c.rating_sum,
      rating_count = p.rating_count + c.rating_count,
      revision = p.revision + case when c.rating_count > 0 or p.availability <> ${availability(STOCK)}
        then 1 else 0 end
    from c where p.id = c.id
    returning p.*, c.rating_count > 0 as is_rated
  )
  select x.id, x.seller_id as "sellerId", x.state, x.version, x.revision, x.price_minor as "priceMinor",
    x.currency, x.availability, x.rating_sum as "ratingSum", x.rating_count as "ratingCount",
    x.created_at as "createdAt", x.is_rated as "isRated", b.added,
    array(select category_id::text from publication_category where publication_id = x.id order by category_id)
      as categories,
    case when x.revision > b.revision then coalesce((
      select array(select jsonb_array_elements_text(data -> 'images')) from event
      where subject_id = x.id and type in ('publication.published', 'publication.updated')
      order by id desc limit 1), '{}') end as images
  from changed x join before b on b.id = x.id`;

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw auroraError(error);
  }
}

function writeError(error: unknown): unknown {
  if (!isDuplicate(error)) return auroraError(error);
  return new MktError("conflict", "some of it was written by another process meanwhile", {
    hint: "the same command again goes on where this one stopped",
    cause: error,
  });
}
