import { type Selectable, sql } from "kysely";
import {
  type PublicationFacts,
  publicationFacts,
  publicationEvent as saleEvent,
} from "../../domain/event-data.ts";
import { newId } from "../../domain/ids.ts";
import {
  type Availability,
  availabilityOf,
  LAST_UNITS,
  type PublicationDocument,
  type PublicationPage,
  type PublicationState,
  STOCK_LIMIT,
} from "../../domain/publication.ts";
import { nextState } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import type { Aurora, AuroraTransaction } from "./client.ts";
import { type NewEvent, record, recordTransition, recordTransitions } from "./log.ts";
import type { Database } from "./schema.ts";

// What every transaction that touches a publication shares.

export interface NewPublication {
  id: string;
  sellerId: string;
  externalId: string | null;
  priceMinor: number;
  currency: string;
  stock: number;
  categoryIds: readonly string[];
  document: PublicationDocument;
  createdAt: string;
}

export interface PublicationChange {
  document?: PublicationDocument;
  priceMinor?: number;
  categoryIds?: readonly string[];
  stock?: { set: number } | { add: number };
  /** The id that the stock's movement gets, by which whoever made it up knows that the change was made. */
  movementId?: string | undefined;
}

export type PublicationRow = Selectable<Database["publication"]>;

/** The document as the event keeps it; images are in the facts. */
type DocumentText = Omit<PublicationDocument, "images">;

/** Locks one publication until the transaction ends. Throws `not_found`. */
export async function lockPublication(tx: AuroraTransaction, id: string): Promise<PublicationRow> {
  const row = await tx
    .selectFrom("publication")
    .selectAll()
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new MktError("not_found", `there is no publication ${id}`);
  return row;
}

/** Keeps a seller from being banned until the transaction ends: a ban closes what is published, not what follows. */
async function lockSeller(tx: AuroraTransaction, id: string): Promise<void> {
  const seller = await tx
    .selectFrom("user")
    .select("bannedAt")
    .where("id", "=", id)
    .forShare()
    .executeTakeFirst();
  if (seller?.bannedAt) throw new MktError("not_allowed", `seller ${id} is banned`);
}

/** Closes whatever of a seller's is still on offer. */
export async function closePublicationsOf(
  tx: AuroraTransaction,
  sellerId: string,
  actor: string,
  at: string,
): Promise<void> {
  const rows = await tx
    .selectFrom("publication")
    .selectAll()
    .where("sellerId", "=", sellerId)
    .where("state", "!=", "closed")
    .orderBy("id")
    .forUpdate()
    .execute();
  for (const row of rows) await moveState(tx, row, "close", actor, at);
}

/** What a sale or a review changes: differences, and a rating from 1 to 5. */
export interface CountChange {
  stock?: number;
  soldUnits?: number;
  rating?: number;
}

/**
 * Changes a publication's stock, sales or ratings by one statement, which locks it. It counts a
 * revision, and leaves an event, only when its page shows the change. With `forSale` it changes nothing,
 * and gives nothing back, unless the publication is active and has the stock.
 */
export async function changeCounts(
  tx: AuroraTransaction,
  id: string,
  change: CountChange,
  actor: string,
  at: string,
  { forSale = false } = {},
): Promise<PublicationRow | undefined> {
  const { stock = 0, soldUnits = 0, rating } = change;
  const availability = sql<Availability>`case when stock + ${stock} <= 0 then 'sold_out'
    when stock + ${stock} <= ${LAST_UNITS} then 'last_units' else 'in_stock' end`;
  let update = tx
    .updateTable("publication")
    .set((eb) => ({
      stock: eb("stock", "+", stock),
      availability,
      soldUnits: eb("soldUnits", "+", soldUnits),
      ratingSum: eb("ratingSum", "+", rating ?? 0),
      ratingCount: eb("ratingCount", "+", rating === undefined ? 0 : 1),
      revision: sql<number>`revision + case when ${rating !== undefined} or availability <> ${availability} then 1 else 0 end`,
    }))
    .where("id", "=", id);
  if (forSale) update = update.where("state", "=", "active").where("stock", ">=", -stock);
  const after = await update.returningAll().executeTakeFirst();
  if (!after) return undefined;
  const shown = rating !== undefined || availabilityOf(after.stock - stock) !== after.availability;
  if (shown) {
    const type = rating === undefined ? "publication.availability_changed" : "publication.rated";
    await record(tx, [await publicationEvent(tx, type, after, actor, at)]);
  }
  return after;
}

/** Makes one publication. Throws `conflict` when its seller has its external id already. */
export async function insertPublication(
  tx: AuroraTransaction,
  publication: NewPublication,
  actor: string,
): Promise<PublicationPage> {
  const [page] = await insertPublications(tx, [publication], actor);
  if (page) return page;
  throw new MktError("conflict", `this seller already has a publication ${publication.externalId}`);
}

/**
 * Makes many publications in few statements. Those whose seller has their external id already are left out;
 * gives the pages of the others.
 */
export async function insertPublications(
  tx: AuroraTransaction,
  publications: readonly NewPublication[],
  actor: string,
): Promise<PublicationPage[]> {
  const sellerIds = [...new Set(publications.map(({ sellerId }) => sellerId))].sort();
  for (const sellerId of sellerIds) await lockSeller(tx, sellerId);
  const rows = await tx
    .insertInto("publication")
    .values(
      publications.map(({ categoryIds, document, ...publication }) => ({
        ...publication,
        state: "active" as const,
        availability: availabilityOf(publication.stock),
      })),
    )
    .onConflict((conflict) => conflict.columns(["sellerId", "externalId"]).doNothing())
    .returningAll()
    .execute();
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const made = publications.flatMap((publication) => {
    const row = rowOf.get(publication.id);
    return row ? [{ ...publication, row }] : [];
  });
  if (made.length === 0) return [];
  const categories = made.flatMap(({ id, categoryIds }) =>
    [...new Set(categoryIds)].map((categoryId) => ({ publicationId: id, categoryId })),
  );
  if (categories.length > 0)
    await tx.insertInto("publicationCategory").values(categories).execute();
  const movements = made
    .filter(({ stock }) => stock > 0)
    .map(({ id, stock, createdAt: at }) => ({
      id: newId(),
      publicationId: id,
      delta: stock,
      reason: "published" as const,
      orderLineId: null,
      at,
    }));
  if (movements.length > 0) await tx.insertInto("stockMovement").values(movements).execute();
  const steps = made.map(({ id, createdAt }) => ({ subjectId: id, at: createdAt }));
  const step = { machine: "publication", event: "publish", from: null, to: "active" } as const;
  await recordTransitions(tx, step, steps, actor);
  const pages = made.map(({ row, categoryIds, document }) => ({
    ...publicationFacts(row, [...new Set(categoryIds)], document.images),
    ...document,
  }));
  const events = made.map(({ row, categoryIds, document, createdAt: at }) => {
    const facts = publicationFacts(row, [...new Set(categoryIds)], document.images);
    return { ...saleEvent("publication.published", facts, document), actor, at };
  });
  await record(tx, events);
  return pages;
}

export async function moveState(
  tx: AuroraTransaction,
  before: PublicationRow,
  event: "pause" | "resume" | "close",
  actor: string,
  at: string,
): Promise<PublicationRow> {
  const state = nextState("publication", before.id, before.state, event) as PublicationState;
  const after = await tx
    .updateTable("publication")
    .set((eb) => ({ state, revision: eb("revision", "+", 1) }))
    .where("id", "=", before.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const step = { machine: "publication", event, from: before.state, to: state } as const;
  await recordTransition(tx, step, before.id, actor, at);
  const type = {
    pause: "publication.paused",
    resume: "publication.resumed",
    close: "publication.closed",
  }[event];
  await record(tx, [await publicationEvent(tx, type, after, actor, at)]);
  return after;
}

export async function publicationEvent(
  tx: AuroraTransaction,
  type: string,
  row: PublicationRow,
  actor: string,
  at: string,
  document?: PublicationDocument,
): Promise<NewEvent> {
  const images = document?.images ?? (await readDocument(tx, row.id, row.version)).images;
  const facts = await factsOf(tx, row, images);
  return { ...saleEvent(type, facts, document), actor, at };
}

export async function factsOf(
  tx: AuroraTransaction,
  row: PublicationRow,
  images: readonly string[],
): Promise<PublicationFacts> {
  const categories = await tx
    .selectFrom("publicationCategory")
    .select("categoryId")
    .where("publicationId", "=", row.id)
    .orderBy("categoryId")
    .execute();
  return publicationFacts(
    row,
    categories.map(({ categoryId }) => categoryId),
    images,
  );
}

export async function readDocument(
  db: Aurora | AuroraTransaction,
  id: string,
  version: number,
): Promise<PublicationDocument> {
  const row = await db
    .selectFrom("event")
    .select(["personal", "data"])
    .where("subjectId", "=", id)
    .where("type", "in", ["publication.published", "publication.updated"])
    .where((eb) =>
      eb(eb.cast<number>(eb.ref("data", "->>").key("version"), "integer"), "<=", version),
    )
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row)
    throw new MktError("not_found", `publication ${id} has no document at version ${version}`);
  const text = row.personal as unknown as DocumentText | null;
  const { images } = row.data as unknown as PublicationFacts;
  const erased: DocumentText = { title: "", description: "", language: "en", keywords: "" };
  return { ...(text ?? erased), images };
}

export async function adjustStock(
  tx: AuroraTransaction,
  before: PublicationRow,
  { stock: change, movementId }: PublicationChange,
  at: string,
): Promise<number> {
  if (!change) return before.stock;
  const stock = "set" in change ? change.set : before.stock + change.add;
  if (stock < 0) {
    throw new MktError(
      "out_of_stock",
      `publication ${before.id} has ${before.stock} in stock: it cannot become ${stock}`,
    );
  }
  if (stock > STOCK_LIMIT) {
    throw new MktError(
      "invalid",
      `publication ${before.id} cannot have more than ${STOCK_LIMIT} in stock`,
    );
  }
  if (stock !== before.stock) {
    await insertMovement(tx, before.id, stock - before.stock, "adjusted", at, null, movementId);
  }
  return stock;
}

export async function setCategories(
  tx: AuroraTransaction,
  publicationId: string,
  categoryIds: readonly string[],
): Promise<void> {
  await tx.deleteFrom("publicationCategory").where("publicationId", "=", publicationId).execute();
  if (categoryIds.length === 0) return;
  const rows = [...new Set(categoryIds)].map((categoryId) => ({ publicationId, categoryId }));
  await tx.insertInto("publicationCategory").values(rows).execute();
}

/** Adds a row to the movements that a publication's stock is the sum of. */
export async function insertMovement(
  tx: AuroraTransaction,
  publicationId: string,
  delta: number,
  reason: "published" | "adjusted" | "reserved" | "released" | "returned",
  at: string,
  orderLineId: string | null = null,
  id = newId(),
): Promise<void> {
  await tx
    .insertInto("stockMovement")
    .values({ id, publicationId, delta, reason, orderLineId, at })
    .execute();
}
