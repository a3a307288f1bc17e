import {
  availabilityOf,
  type PublicationDocument,
  type PublicationPage,
} from "../../domain/publication.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, query, transact } from "./client.ts";
import { record } from "./log.ts";
import {
  adjustStock,
  factsOf,
  insertPublication,
  insertPublications,
  lockPublication,
  moveState,
  type NewPublication,
  type PublicationChange,
  type PublicationRow,
  publicationEvent,
  readDocument,
  setCategories,
} from "./publication-rows.ts";

export type PublicationStore = ReturnType<typeof publicationStore>;

/** Publications' sellable facts and the events that carry their documents. */
export const publicationStore = (db: Aurora) => ({
  /** Makes a publication. Throws `conflict` when the seller already has one with this external id. */
  create: (publication: NewPublication, actor: string): Promise<PublicationPage> =>
    transact(db, (tx) => insertPublication(tx, publication, actor)),

  /**
   * Makes many in one transaction; those whose seller has their external id already are left out. Gives the
   * pages of the others. Some hundreds at a time: a statement has at most 65,535 values.
   */
  createMany: (
    publications: readonly NewPublication[],
    actor: string,
  ): Promise<PublicationPage[]> =>
    publications.length === 0
      ? Promise.resolve([])
      : transact(db, (tx) => insertPublications(tx, publications, actor)),

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
      const stock = await adjustStock(tx, before, change, at);
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

  /** Whether stock moved by a movement of this id. */
  hasMoved: (movementId: string): Promise<boolean> =>
    query(async () => {
      const moved = db.selectFrom("stockMovement").select("id").where("id", "=", movementId);
      return (await moved.executeTakeFirst()) !== undefined;
    }),

  /** The document as it stood at a version. */
  document: (id: string, version: number): Promise<PublicationDocument> =>
    query(() => readDocument(db, id, version)),

  /** The ids of all publications, in order, after one: for reindexing and repair. */
  ids: ({ limit, after }: { limit: number; after?: string | undefined }): Promise<string[]> =>
    query(async () => {
      let rows = db.selectFrom("publication").select("id").orderBy("id").limit(limit);
      if (after) rows = rows.where("id", ">", after);
      return (await rows.execute()).map(({ id }) => id);
    }),

  /** Pages made from the rows as they stand now. */
  pagesOf: (ids: readonly string[]): Promise<PublicationPage[]> =>
    transact(db, async (tx) => {
      if (ids.length === 0) return [];
      const rows = await tx.selectFrom("publication").selectAll().where("id", "in", ids).execute();
      const pages: PublicationPage[] = [];
      for (const row of rows) {
        const document = await readDocument(tx, row.id, row.version);
        pages.push({ ...(await factsOf(tx, row, document.images)), ...document });
      }
      return pages;
    }),
});
