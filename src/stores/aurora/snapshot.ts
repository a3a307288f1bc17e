import { type RawBuilder, sql } from "kysely";
import { isId } from "../../domain/ids.ts";
import { type LoadedWorld, withStaff } from "../../domain/snapshot/as-loaded.ts";
import type { Outside } from "../../domain/snapshot/close-world.ts";
import { emptyWorld, type Row, SCHEMAS, type World } from "../../domain/snapshot/world.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { auroraError, isDuplicate } from "./errors.ts";
import type { CopiedEvent } from "./events.ts";
import { among, SOLD_STATES } from "./law-query.ts";
import { type AuditEntry, LAST_POSITION, recordAudit, SEQUENCE } from "./log.ts";

export type SnapshotStore = ReturnType<typeof snapshotStore>;

export interface SliceRequest {
  orders: readonly string[];
  /** How often the orders of those found so far are followed. */
  depth: number;
  /** So many orders at most; purchases are kept whole. */
  limit: number;
}

export interface Slice {
  /** Without users and questions. */
  world: World;
  outside: Outside[];
  /** Orders that belong to it and were left out for the limit: at least some. */
  isCut: boolean;
}

/** Rows written by table, or that would be; empty when all of it is there already. */
type WrittenRows = Record<string, number>;

/** Takes a little world out of Aurora, and puts one in. */
export const snapshotStore = (db: Aurora) => ({
  /** Reads the world around some orders as it is at one moment. */
  slice: (request: SliceRequest): Promise<Slice> => reading(db, (tx) => readSlice(tx, request)),

  /** Users with their events, those who are there. */
  people: (ids: readonly string[]): Promise<Pick<World, "user" | "event">> =>
    reading(db, async (tx) => {
      const user = await rowsOf(tx, "user", "id", ids.filter(isId));
      const event = await eventsOf(
        tx,
        user.map(({ id }) => id),
      );
      return { user, event };
    }),

  recordSave: (entry: AuditEntry): Promise<void> => transact(db, (tx) => recordAudit(tx, entry)),

  /**
   * Writes a world, whole or not at all; what is there already with the same content stays as it is. Throws
   * `conflict` for what is there with other content. With `dryRun` it only says what it would write.
   */
  load: async (
    world: LoadedWorld,
    copied: readonly CopiedEvent[],
    audit: (rows: WrittenRows) => AuditEntry,
    { dryRun }: { dryRun: boolean },
  ): Promise<WrittenRows> => {
    let loaded: WrittenRows | undefined;
    try {
      await transact(db, async (tx) => {
        loaded = await writeWorld(tx, world, copied);
        if (dryRun) throw new DryRun();
        if (Object.keys(loaded).length > 0) await recordAudit(tx, audit(loaded));
      });
    } catch (error) {
      if (!(error instanceof DryRun)) throw loadError(error);
    }
    if (!loaded) throw new Error("the transaction ended without doing anything");
    return loaded;
  },
});

/** Ends a transaction that shall leave nothing. */
class DryRun extends Error {}

const reading = <T>(db: Aurora, work: (tx: AuroraTransaction) => Promise<T>): Promise<T> =>
  query(() =>
    db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work),
  );

type AuroraTable = Exclude<keyof typeof SCHEMAS, "question">;

const snake = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const keysOf = (table: AuroraTable) => Object.keys(SCHEMAS[table].shape);
const columnsOf = (keys: readonly string[], alias?: string) =>
  sql.join(keys.map((key) => sql.ref(alias ? `${alias}.${snake(key)}` : snake(key))));

/** The rows in which a column is one of these ids, in order of their first column. */
async function rowsOf<T extends AuroraTable>(
  tx: AuroraTransaction,
  table: T,
  key: string,
  ids: readonly string[],
  order: RawBuilder<unknown> = sql`1, 2`,
): Promise<Row<T>[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Row<T>>`
    select ${columnsOf(keysOf(table))} from ${sql.table(snake(table))}
    where ${sql.ref(snake(key))} = any(${[...ids]}::uuid[]) order by ${order}`.execute(tx);
  return rows;
}

const eventsOf = (tx: AuroraTransaction, ids: readonly string[]): Promise<Row<"event">[]> =>
  rowsOf(tx, "event", "subjectId", ids, sql`id`);

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

async function readSlice(
  tx: AuroraTransaction,
  { orders, depth, limit }: SliceRequest,
): Promise<Slice> {
  let ids = await ofTheirPurchases(tx, orders);
  let isCut = false;
  for (let level = 0; level < depth && !isCut; level += 1) {
    const further = await neighbours(tx, ids, limit - ids.length + 1);
    const room = Math.max(0, limit - ids.length);
    isCut = further.length > room;
    const taken = further.slice(0, room);
    if (taken.length === 0) break;
    ids = await ofTheirPurchases(tx, [...ids, ...taken]);
  }
  const world = emptyWorld();
  world.order = await rowsOf(tx, "order", "id", ids);
  world.purchase = await rowsOf(
    tx,
    "purchase",
    "id",
    world.order.map(({ purchaseId }) => purchaseId),
  );
  await readSales(tx, world);
  const outside = await readPublications(tx, world);
  return { world, outside, isCut };
}

/** The orders of these orders' purchases, themselves among them. */
async function ofTheirPurchases(tx: AuroraTransaction, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select other.id from "order" o join "order" other on other.purchase_id = o.purchase_id
    where o.id = any(${[...ids]}::uuid[]) group by other.id order by other.id`.execute(tx);
  return idsOf(rows);
}

/** Other orders of the parties and the publications of these, the newest first. */
async function neighbours(
  tx: AuroraTransaction,
  ids: readonly string[],
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with known as (select id, buyer_id, seller_id from "order" where id = any(${[...ids]}::uuid[])),
    party as (select buyer_id as id from known union select seller_id from known where seller_id is not null),
    offer as (select publication_id as id from order_line where order_id in (select id from known)),
    near as (
      select id from "order" where buyer_id in (select id from party)
      union select id from "order" where seller_id in (select id from party)
      union select order_id from order_line where publication_id in (select id from offer)
    )
    select id from near where id not in (select id from known)
    order by id desc limit ${Math.max(1, limit)}`.execute(tx);
  return idsOf(rows);
}

/** All that belongs to a world's orders. */
async function readSales(tx: AuroraTransaction, world: World): Promise<void> {
  const orders = idsOf(world.order);
  world.orderLine = await rowsOf(tx, "orderLine", "orderId", orders);
  world.payment = await rowsOf(tx, "payment", "orderId", orders);
  world.refund = await rowsOf(tx, "refund", "paymentId", idsOf(world.payment));
  world.shipment = await rowsOf(tx, "shipment", "orderId", orders);
  world.shipmentScan = await rowsOf(tx, "shipmentScan", "shipmentId", idsOf(world.shipment));
  world.dispute = await rowsOf(tx, "dispute", "orderId", orders);
  world.review = await rowsOf(tx, "review", "orderId", orders);
  world.ledgerEntry = await rowsOf(tx, "ledgerEntry", "orderId", orders, sql`posting_id, id`);
  const { order, payment, refund, shipment, dispute, review } = world;
  const things = idsOf([...order, ...payment, ...refund, ...shipment, ...dispute]);
  world.transition = await rowsOf(tx, "transition", "subjectId", things);
  world.event = await eventsOf(tx, [...things, ...idsOf(review)]);
}

/** The publications of a world's lines; gives what other orders made of them. */
async function readPublications(tx: AuroraTransaction, world: World): Promise<Outside[]> {
  const lines = idsOf(world.orderLine);
  const wanted = [...new Set(world.orderLine.map(({ publicationId }) => publicationId))];
  world.publication = await rowsOf(tx, "publication", "id", wanted);
  world.publicationCategory = await rowsOf(tx, "publicationCategory", "publicationId", wanted);
  const steps = await rowsOf(tx, "transition", "subjectId", wanted);
  world.transition.push(...steps);
  const told = await eventsOf(tx, wanted);
  world.event.push(...told);
  // Former versions had other categories.
  const named = told.flatMap(({ data }) => (Array.isArray(data.categories) ? data.categories : []));
  const current = world.publicationCategory.map(({ categoryId }) => categoryId);
  const categories = [...new Set<string>([...current, ...named])].filter(isId);
  world.category = await rowsOf(tx, "category", "id", categories);
  const { rows: movements } = await sql<Row<"stockMovement">>`
    select ${columnsOf(keysOf("stockMovement"))} from stock_movement
    where publication_id = any(${wanted}::uuid[])
      and (order_line_id is null or order_line_id = any(${lines}::uuid[])) order by id`.execute(tx);
  world.stockMovement = movements;
  const { rows } = await sql<Outside>`
    select p.id as publication_id, moved.*, sold.*, given.*
    from publication p cross join lateral (
      select coalesce(sum(delta), 0)::bigint as stock, max(at) as moved_at from stock_movement
      where publication_id = p.id and order_line_id is not null and not order_line_id = any(${lines}::uuid[])
    ) moved cross join lateral (
      select coalesce(sum(l.quantity), 0)::bigint as sold_units
      from order_line l join "order" o on o.id = l.order_id
      where l.publication_id = p.id and not l.id = any(${lines}::uuid[])
        and o.state in ${among([...SOLD_STATES, "refunded"])}
    ) sold cross join lateral (
      select coalesce(sum(rating), 0)::bigint as rating_sum, count(*) as rating_count from review
      where publication_id = p.id and not order_line_id = any(${lines}::uuid[])
    ) given
    where p.id = any(${wanted}::uuid[])`.execute(tx);
  return rows;
}

/** In the order in which rows refer to each other. */
const WITH_ID = [
  "user",
  "category",
  "publication",
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
] as const satisfies readonly AuroraTable[];

/** Beside the columns of a snapshot's rows. */
const ADDED: Readonly<Partial<Record<AuroraTable, readonly string[]>>> = {
  user: ["source", "passwordHash"],
  category: ["source"],
  publication: ["source"],
  purchase: ["source"],
  payment: ["cardToken", "synthesised"],
  shipment: ["synthesised"],
};
/** Who came by another way is the same person. */
const COMPARED: Readonly<Partial<Record<AuroraTable, readonly string[]>>> = {
  user: ["email", "name", "address"],
};
const NAMED_IN_CONFLICT = 3;

async function writeWorld(
  tx: AuroraTransaction,
  given: LoadedWorld,
  copied: readonly CopiedEvent[],
): Promise<WrittenRows> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${given.source}, 0))`.execute(tx);
  const people = withStaff(given, await staffThere(tx, given));
  const world = withCategories(people, await categoriesThere(tx, people));
  const missing = new Set<string>();
  const conflicts: string[] = [];
  for (const table of WITH_ID) {
    if (table === "category") continue;
    for (const { id, standing } of await compare(tx, table, world[table])) {
      if (standing === "missing") missing.add(id);
      if (standing === "other") conflicts.push(`${table} ${id}`);
    }
  }
  if (conflicts.length > 0) throw otherContent(conflicts);
  for (const { id } of world.category) missing.add(id);

  const rows: WrittenRows = {};
  const write = async (table: AuroraTable, all: readonly object[]) => {
    if (all.length === 0) return;
    rows[table] = all.length;
    await insert(tx, table, all);
  };
  for (const table of WITH_ID) {
    await write(
      table,
      world[table].filter(({ id }) => missing.has(id)),
    );
    if (table === "publication")
      await write(
        "publicationCategory",
        world.publicationCategory.filter(({ publicationId }) => missing.has(publicationId)),
      );
    if (table === "shipment")
      await write(
        "shipmentScan",
        world.shipmentScan.filter(({ shipmentId }) => missing.has(shipmentId)),
      );
  }
  const events = [
    ...world.event.filter(({ subjectId }) => missing.has(subjectId)),
    ...(await notCopied(tx, copied)),
  ];
  if (events.length > 0) {
    rows.event = events.length;
    await insertEvents(tx, events);
  }
  return rows;
}

/** Puts the categories that are there in the place of the world's. */
function withCategories(world: LoadedWorld, there: ReadonlyMap<string, string>): LoadedWorld {
  const idOf = (id: string) => there.get(id) ?? id;
  return {
    ...world,
    category: world.category.filter(({ id }) => !there.has(id)),
    publicationCategory: world.publicationCategory.map((row) => {
      return { ...row, categoryId: idOf(row.categoryId) };
    }),
    event: [
      ...world.category
        .filter(({ id }) => !there.has(id))
        .map(({ id, name, createdAt }) => ({
          type: "category.added",
          subjectKind: "category",
          subjectId: id,
          revision: 1,
          actor: world.source,
          occurredAt: createdAt,
          data: { name },
          personal: null,
        })),
      ...world.event.map((event) => {
        const { categories } = event.data;
        if (!Array.isArray(categories)) return event;
        const named = [...new Set(categories.map((id) => idOf(String(id))))].sort();
        return { ...event, data: { ...event.data, categories: named } };
      }),
    ],
  };
}

/** The categories that are used in place of the world's: those of the same name, or with their id. */
async function categoriesThere(
  tx: AuroraTransaction,
  { category: wanted }: LoadedWorld,
): Promise<Map<string, string>> {
  if (wanted.length === 0) return new Map();
  const found = await tx
    .selectFrom("category")
    .select(["id", "nameFolded"])
    .where((eb) =>
      eb.or([
        eb("id", "in", idsOf(wanted)),
        eb(
          "nameFolded",
          "in",
          wanted.map(({ nameFolded }) => nameFolded),
        ),
      ]),
    )
    .execute();
  return new Map(
    wanted.flatMap(({ id, nameFolded }) => {
      const there =
        found.find((other) => other.nameFolded === nameFolded) ??
        found.find((other) => other.id === id);
      return there ? [[id, there.id] as const] : [];
    }),
  );
}

/**
 * Staff of the world who are somebody here, by their e-mail: every profile has its operators. Throws `conflict` when
 * the e-mail of a buyer or a seller is somebody else's here.
 */
async function staffThere(
  tx: AuroraTransaction,
  { user: users, staff }: LoadedWorld,
): Promise<Map<string, string>> {
  const there = new Map<string, string>();
  if (users.length === 0) return there;
  const ids = new Map(users.map(({ id, emailFolded }) => [emailFolded, id]));
  const found = await tx
    .selectFrom("user")
    .select(["id", "email", "emailFolded"])
    .where("emailFolded", "in", [...ids.keys()])
    .execute();
  for (const { id, email, emailFolded } of found) {
    const theirs = ids.get(emailFolded) ?? id;
    if (theirs === id) continue;
    if (!staff.includes(theirs)) {
      throw new MktError("conflict", `${email} is somebody else here: user ${id}`, {
        hint: "save the snapshot with --anonymize: then its people have e-mails of their own",
      });
    }
    there.set(theirs, id);
  }
  return there;
}

function otherContent(conflicts: readonly string[]): MktError {
  const named = conflicts.slice(0, NAMED_IN_CONFLICT).join(", ");
  const more = conflicts.length - NAMED_IN_CONFLICT;
  return new MktError(
    "conflict",
    `what the snapshot brings is here with other content: ${named}${more > 0 ? ` and ${more} more` : ""}`,
    { hint: "load it into another profile, or into one that was reset" },
  );
}

/** Rows as one JSON text, which Aurora takes apart: one statement however many they are. */
const asRecords = (table: AuroraTable, rows: readonly object[]) => {
  const records = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [snake(key), value])),
  );
  return sql`jsonb_populate_recordset(null::${sql.table(snake(table))}, ${JSON.stringify(records)}::jsonb)`;
};

type Standing = "missing" | "same" | "other";

async function compare(
  tx: AuroraTransaction,
  table: AuroraTable,
  rows: readonly object[],
): Promise<{ id: string; standing: Standing }[]> {
  if (rows.length === 0) return [];
  const keys = COMPARED[table] ?? [...keysOf(table), ...(ADDED[table] ?? [])];
  const { rows: standings } = await sql<{ id: string; standing: Standing }>`
    select f.id, case when t.id is null then 'missing'
      when row(${columnsOf(keys, "t")}) is not distinct from row(${columnsOf(keys, "f")}) then 'same'
      else 'other' end as standing
    from ${asRecords(table, rows)} f left join ${sql.table(snake(table))} t on t.id = f.id`.execute(
    tx,
  );
  return standings;
}

async function insert(
  tx: AuroraTransaction,
  table: AuroraTable,
  rows: readonly object[],
): Promise<void> {
  const columns = columnsOf([...keysOf(table), ...(ADDED[table] ?? [])]);
  await sql`insert into ${sql.table(snake(table))} (${columns})
    select ${columns} from ${asRecords(table, rows)}`.execute(tx);
}

type PlacedLater = Row<"event"> & { sourceKey?: string };

async function notCopied(
  tx: AuroraTransaction,
  copied: readonly CopiedEvent[],
): Promise<PlacedLater[]> {
  if (copied.length === 0) return [];
  const there = await tx
    .selectFrom("event")
    .select("sourceKey")
    .where(
      "sourceKey",
      "in",
      copied.map(({ sourceKey }) => sourceKey),
    )
    .execute();
  const known = new Set(there.map(({ sourceKey }) => sourceKey));
  return copied.filter(({ sourceKey }) => !known.has(sourceKey));
}

/** Rows of new things only: nobody else writes events of them, so that they may have their positions at once. */
async function insertEvents(tx: AuroraTransaction, events: readonly PlacedLater[]): Promise<void> {
  await sql.raw(SEQUENCE.lock).execute(tx);
  await sql.raw(SEQUENCE.place).execute(tx);
  const columns = columnsOf([...keysOf("event"), "sourceKey"]);
  // Ids are given in the order of the list, and positions follow it.
  const listed = events.map((event, index) => ({ ...event, position: index + 1 }));
  await sql`insert into event (${columns}, position, imported)
    select ${columns}, position + ${sql.raw(LAST_POSITION)}, true
    from ${asRecords("event", listed)} order by position`.execute(tx);
}

function loadError(error: unknown): unknown {
  if (error instanceof MktError) return error;
  if (isDuplicate(error)) {
    return new MktError("conflict", "some of it was written by another process meanwhile", {
      hint: "load it again: what is there already is left as it is",
      cause: error,
    });
  }
  // Classes of errors of which the rows are the cause: data, and constraints.
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^2[23]/.test(code) && error instanceof Error) {
    return new MktError("invalid", `Aurora does not take a row of the snapshot: ${error.message}`, {
      hint: "nothing of it was loaded; save the snapshot again",
      cause: error,
    });
  }
  return auroraError(error);
}
