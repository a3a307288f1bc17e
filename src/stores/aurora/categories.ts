import { MktError } from "../../errors.ts";
import { type Aurora, query, transact } from "./client.ts";
import { violates } from "./errors.ts";
import { record, recordAudit } from "./log.ts";

export interface Category {
  id: string;
  name: string;
  createdAt: string;
}

export type CategoryStore = ReturnType<typeof categoryStore>;

const taken = (name: string) =>
  new MktError("conflict", `there is already a category ${JSON.stringify(name)}`, {
    hint: "mkt category list shows them",
  });

/** Categories. DynamoDB keeps their names for pages; this is where they are made. */
export const categoryStore = (db: Aurora) => ({
  list: ({
    limit,
    after,
  }: {
    limit: number;
    after?: string | undefined;
  }): Promise<(Category & { feeBps: number; publications: number })[]> =>
    query(async () => {
      let rows = db
        .selectFrom("category")
        .leftJoin("publicationCategory", "publicationCategory.categoryId", "category.id")
        .select(["category.id", "category.name", "category.feeBps", "category.createdAt"])
        .select((eb) => eb.fn.count<number>("publicationCategory.publicationId").as("publications"))
        .groupBy("category.id")
        .orderBy("category.id")
        .limit(limit);
      if (after) rows = rows.where("category.id", ">", after);
      return rows.execute();
    }),

  /** Names and ids of all; for the one item that DynamoDB shows them from. */
  all: (): Promise<{ id: string; name: string }[]> =>
    query(() => db.selectFrom("category").select(["id", "name"]).orderBy("id").execute()),

  findByName: (
    folded: readonly string[],
  ): Promise<{ id: string; name: string; nameFolded: string }[]> =>
    folded.length === 0
      ? Promise.resolve([])
      : query(() =>
          db
            .selectFrom("category")
            .select(["id", "name", "nameFolded"])
            .where("nameFolded", "in", folded)
            .execute(),
        ),

  add: (
    category: { id: string; name: string; nameFolded: string; createdAt: string },
    actor: { id: string; name: string },
  ): Promise<void> =>
    transact(db, async (tx) => {
      try {
        await tx.insertInto("category").values(category).execute();
      } catch (error) {
        throw violates(error, "category_name_folded_key") ? taken(category.name) : error;
      }
      const { id, name, createdAt: at } = category;
      await record(tx, [
        {
          type: "category.added",
          subjectKind: "category",
          subjectId: id,
          revision: 1,
          actor: actor.name,
          at,
          data: { name },
        },
      ]);
      await recordAudit(tx, {
        actorId: actor.id,
        action: "category.add",
        subjectKind: "category",
        subjectId: id,
        detail: { name },
        at,
      });
    }),

  /** Gives a category another name; publications keep it, since they hold its id. */
  rename: (
    id: string,
    name: string,
    nameFolded: string,
    actor: { id: string; name: string },
    at: string,
  ): Promise<void> =>
    transact(db, async (tx) => {
      const row = await tx
        .updateTable("category")
        .set((eb) => ({ name, nameFolded, revision: eb("revision", "+", 1) }))
        .where("id", "=", id)
        .returning("revision")
        .executeTakeFirstOrThrow()
        .catch((error: unknown) => {
          throw violates(error, "category_name_folded_key") ? taken(name) : error;
        });
      await record(tx, [
        {
          type: "category.renamed",
          subjectKind: "category",
          subjectId: id,
          revision: row.revision,
          actor: actor.name,
          at,
          data: { name },
        },
      ]);
      await recordAudit(tx, {
        actorId: actor.id,
        action: "category.rename",
        subjectKind: "category",
        subjectId: id,
        detail: { name },
        at,
      });
    }),

  /** Says what the marketplace keeps of what is sold from now on; gives what it kept before. */
  setFee: (id: string, feeBps: number, actorId: string, at: string): Promise<number> =>
    transact(db, async (tx) => {
      const before = await tx
        .selectFrom("category")
        .select("feeBps")
        .where("id", "=", id)
        .forUpdate()
        .executeTakeFirstOrThrow();
      await tx.updateTable("category").set({ feeBps }).where("id", "=", id).execute();
      await recordAudit(tx, {
        actorId,
        action: "category.fee",
        subjectKind: "category",
        subjectId: id,
        detail: { before: before.feeBps, after: feeBps },
        at,
      });
      return before.feeBps;
    }),
});
