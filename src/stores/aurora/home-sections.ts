import { sql } from "kysely";
import { type Aurora, query } from "./client.ts";

export type HomeSection =
  | { kind: "newest" }
  | { kind: "best_sellers" }
  | { kind: "best_rated" }
  | { kind: "category"; categoryId: string };

export type SectionStore = ReturnType<typeof sectionStore>;

/** What stands in the home page's sections: Aurora counts, DynamoDB shows. */
export const sectionStore = (db: Aurora) => ({
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
                // The number stands in the text: as a parameter it would be taken for a whole one.
                ({ ref }) => sql`(${ref("ratingSum")} + 17.5) / (${ref("ratingCount")} + 5)`,
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
