import { sql } from "kysely";
import type { Profile } from "../../config.ts";
import type { Actor } from "../../domain/actor.ts";
import { type Aurora, query, transact } from "./client.ts";
import { openImportStaging } from "./import-staging.ts";
import { recordAudit } from "./log.ts";

export type ImportStore = ReturnType<typeof importStore>;

/** A thing that is there, with its id in the source. */
export interface KnownThing {
  id: string;
  externalId: string;
}

/** What an import asks Aurora besides writing its history. */
export const importStore = (db: Aurora, profile: Profile) => ({
  /** A session of its own, in which files are joined; close it. */
  stage: () => openImportStaging(profile),

  /** Users or purchases that came from this source, by their ids there. */
  known: (
    table: "user" | "purchase",
    source: string,
    externalIds: readonly string[],
  ): Promise<KnownThing[]> =>
    query(async () => {
      const { rows } = await sql<KnownThing>`
        select id, external_id as "externalId" from ${sql.table(table)}
        where source = ${source} and external_id = any(${[...externalIds]}::text[])`.execute(db);
      return rows;
    }),

  /** Publications of these sellers under these external ids. */
  knownPublications: (
    pairs: readonly { sellerId: string; externalId: string }[],
  ): Promise<(KnownThing & { sellerId: string })[]> =>
    query(async () => {
      const sellers = pairs.map(({ sellerId }) => sellerId);
      const externalIds = pairs.map(({ externalId }) => externalId);
      const { rows } = await sql<KnownThing & { sellerId: string }>`
        select p.id, p.external_id as "externalId", p.seller_id as "sellerId"
        from unnest(${sellers}::uuid[], ${externalIds}::text[]) as wanted (seller_id, external_id)
        join publication p on p.seller_id = wanted.seller_id and p.external_id = wanted.external_id`.execute(
        db,
      );
      return rows;
    }),

  /** Which of these e-mails, in their compared form, somebody has. */
  takenEmails: (folded: readonly string[]): Promise<Set<string>> =>
    query(async () => {
      const rows = db
        .selectFrom("user")
        .select("emailFolded")
        .where("emailFolded", "=", sql<string>`any(${[...folded]}::text[])`);
      return new Set((await rows.execute()).map(({ emailFolded }) => emailFolded));
    }),

  /** Leaves in the audit log who imported what. */
  recordImport: (
    { userId, operatorId }: Actor,
    detail: Record<string, unknown>,
    at: string,
  ): Promise<void> =>
    transact(db, (tx) =>
      recordAudit(tx, {
        actorId: operatorId ?? userId,
        onBehalfOf: operatorId && userId,
        action: "import",
        detail,
        at,
      }),
    ),
});
