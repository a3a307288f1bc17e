import { type Selectable, sql } from "kysely";
import { newId } from "../../domain/ids.ts";
import {
  type Availability,
  availabilityOf,
  LAST_UNITS,
  type PublicationDocument,
  type PublicationPage,
  type PublicationState,
} from "../../domain/publication.ts";
import { nextState } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { violates } from "./errors.ts";
import { type NewEvent, record, recordTransition } from "./log.ts";
import type { Database } from "./schema.ts";

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
}

export type PublicationRow = Selectable<Database["publication"]>;
export type PublicationStore = ReturnType<typeof publicationStore>;

/** What an event of a publication says: the page without its text, at one revision. */
export type PublicationFacts = Omit<
  PublicationPage,
  "title" | "description" | "language" | "keywords"
>;

/** The document as the event keeps it; images are in the facts. */
type DocumentText = Omit<PublicationDocument, "images">;

/** Publications' sellable facts and the events that carry their documents. */
export const publicationStore = (db: Aurora) => ({
  /** Makes a publication. Throws `conflict` when the seller already has one with this external id. */
  create: (publication: NewPublication, actor: string): Promise<PublicationPage> =>
    transact(db, (tx) => insertPublication(tx, publication, actor)),

  find: (id: string): Promise<PublicationRow | undefined> =>
    query(() => db.selectFrom("publication").selectAll().where("id", "=", id).executeTakeFirst()),

  findMany: (ids: readonly string[]): Promise<PublicationRow[]> =>
    ids.length === 0
      ? Promise.resolve([])
      : query(() => db.selectFrom("publication").selectAll().where("id", "in", ids).execute()),

  /** The seller's publications among these external ids. */
  findByExternalId: (
    sellerId: string,
    externalIds: readonly string[],
  ): Promise<{ id: string; externalId: string | null }[]> =>
    query(() =>
      db
        .selectFrom("publication")
        .select(["id", "externalId"])
        .where("sellerId", "=", sellerId)
        .where("externalId", "in", externalIds)
        .execute(),
    ),

  /** The seller's edit: counts a version, which `ifVersion` guards. Throws `stale_version`. */
  update: (
    id: string,
    change: PublicationChange,
    ifVersion: number | null,
    actor: string,
    at: string,
  ): Promise<PublicationRow> =>
    transact(db, async (tx) => {
      const before = await lockPublication(tx, id);
      if (before.state === "closed") {
        throw new MktError(
          "illegal_transition",
          `publication ${id} is closed: it cannot be changed`,
        );
      }
      if (ifVersion !== null && before.version !== ifVersion) {
        throw new MktError(
          "stale_version",
          `publication ${id} is at version ${before.version}, not ${ifVersion}: somebody changed it meanwhile`,
          { hint: "look at it again with `mkt publication show`, then repeat with its version" },
        );
      }
      const stock = await adjustStock(tx, before, change.stock, at);
      if (change.categoryIds) await setCategories(tx, id, change.categoryIds);
      const after = await tx
        .updateTable("publication")
        .set((eb) => ({
          stock,
          availability: availabilityOf(stock),
          version: eb("version", "+", 1),
          revision: eb("revision", "+", 1),
          ...(change.priceMinor === undefined ? {} : { priceMinor: change.priceMinor }),
        }))
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirstOrThrow();
      const document = change.document ?? (await readDocument(tx, id, before.version));
      await record(tx, [
        await publicationEvent(tx, "publication.updated", after, actor, at, document),
      ]);
      return after;
    }),

  /** Pauses, resumes or closes. */
  changeState: (
    id: string,
    event: "pause" | "resume" | "close",
    actor: string,
    at: string,
  ): Promise<PublicationRow> =>
    transact(db, async (tx) => moveState(tx, await lockPublication(tx, id), event, actor, at)),

  /** The document as it stood at a version. */
  document: (id: string, version: number): Promise<PublicationDocument> =>
    query(() => readDocument(db, id, version)),

  /** Pages made from the rows of Aurora, for reindexing and repair, after an id. */
  pages: ({
    limit,
    after,
  }: {
    limit: number;
    after?: string | undefined;
  }): Promise<PublicationPage[]> =>
    transact(db, async (tx) => {
      let rows = tx.selectFrom("publication").selectAll().orderBy("id").limit(limit);
      if (after) rows = rows.where("id", ">", after);
      const pages: PublicationPage[] = [];
      for (const row of await rows.execute()) {
        const document = await readDocument(tx, row.id, row.version);
        pages.push({ ...(await factsOf(tx, row, document.images)), ...document });
      }
      return pages;
    }),

  /** Ids for a section of the home page, best first. */
  section: (section: HomeSection, limit: number): Promise<string[]> =>
    query(async () => {
      const active = db
        .selectFrom("publication")
        .select("publication.id")
        .where("state", "=", "active")
        .limit(limit);
      const ordered = (() => {
        switch (section.kind) {
          case "newest":
            return active.orderBy("createdAt", "desc").orderBy("publication.id", "desc");
          case "best_sellers":
            return active
              .where("soldUnits", ">", 0)
              .orderBy("soldUnits", "desc")
              .orderBy("publication.id");
          case "best_rated":
            // Mean pulled towards 3.5 by five votes, so that one good review does not win.
            return active
              .where("ratingCount", ">", 0)
              .orderBy(
                (eb) => eb(eb("ratingSum", "+", 17.5), "/", eb("ratingCount", "+", 5)),
                "desc",
              )
              .orderBy("publication.id");
          case "category":
            return active
              .innerJoin(
                "publicationCategory",
                "publicationCategory.publicationId",
                "publication.id",
              )
              .where("publicationCategory.categoryId", "=", section.categoryId)
              .orderBy("soldUnits", "desc")
              .orderBy("createdAt", "desc")
              .orderBy("publication.id", "desc");
        }
      })();
      return (await ordered.execute()).map(({ id }) => id);
    }),
});

export type HomeSection =
  | { kind: "newest" }
  | { kind: "best_sellers" }
  | { kind: "best_rated" }
  | { kind: "category"; categoryId: string };

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

async function insertPublication(
  tx: AuroraTransaction,
  { categoryIds, document, ...publication }: NewPublication,
  actor: string,
): Promise<PublicationPage> {
  const { id, stock, createdAt: at } = publication;
  const values = { ...publication, state: "active" as const, availability: availabilityOf(stock) };
  const row = await tx
    .insertInto("publication")
    .values(values)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      if (!violates(error, "publication_seller_id_external_id_key")) throw error;
      throw new MktError(
        "conflict",
        `this seller already has a publication ${publication.externalId}`,
      );
    });
  await setCategories(tx, id, categoryIds);
  if (stock > 0) await insertMovement(tx, id, stock, "published", at);
  const step = { machine: "publication", event: "publish", from: null, to: "active" } as const;
  await recordTransition(tx, step, id, actor, at);
  const event = await publicationEvent(tx, "publication.published", row, actor, at, document);
  await record(tx, [event]);
  return { ...(await factsOf(tx, row, document.images)), ...document };
}

async function moveState(
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

async function publicationEvent(
  tx: AuroraTransaction,
  type: string,
  row: PublicationRow,
  actor: string,
  at: string,
  document?: PublicationDocument,
): Promise<NewEvent> {
  const images = document?.images ?? (await readDocument(tx, row.id, row.version)).images;
  const facts = await factsOf(tx, row, images);
  const event = {
    type,
    subjectKind: "publication",
    subjectId: row.id,
    revision: row.revision,
    actor,
    at,
    data: { ...facts },
  };
  if (!document) return event;
  const { title, description, language, keywords } = document;
  return { ...event, personal: { title, description, language, keywords } satisfies DocumentText };
}

async function factsOf(
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
  const { ratingCount, ratingSum } = row;
  return {
    id: row.id,
    sellerId: row.sellerId,
    state: row.state,
    version: row.version,
    revision: row.revision,
    priceMinor: row.priceMinor,
    currency: row.currency,
    categories: categories.map(({ categoryId }) => categoryId),
    availability: row.availability,
    rating:
      ratingCount === 0
        ? null
        : { average: Math.round((100 * ratingSum) / ratingCount) / 100, count: ratingCount },
    publishedAt: row.createdAt,
    images,
  };
}

async function readDocument(
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

async function adjustStock(
  tx: AuroraTransaction,
  before: PublicationRow,
  change: PublicationChange["stock"],
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
  if (stock !== before.stock)
    await insertMovement(tx, before.id, stock - before.stock, "adjusted", at);
  return stock;
}

async function setCategories(
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
): Promise<void> {
  await tx
    .insertInto("stockMovement")
    .values({ id: newId(), publicationId, delta, reason, orderLineId, at })
    .execute();
}
