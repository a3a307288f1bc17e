import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { PublicationPage } from "../../domain/publication.ts";
import { getAll, type Item } from "./batch.ts";
import type { Table } from "./client.ts";
import { whether } from "./errors.ts";
import { listIndex, type Page, type PageRequest } from "./listing.ts";

/** A page and which of its postings count: those made at this revision, or none while it is hidden. */
export interface StoredPage extends PublicationPage {
  indexedRevision: number | null;
}

const key = (id: string) => ({ pk: `PUBLICATION#${id}`, sk: "PAGE" });

/** What people read of a publication: one item each. */
export const pageStore = (table: Table) => ({
  get: async (id: string): Promise<StoredPage | undefined> => {
    const { Item: found } = await table.client.send(
      new GetCommand({ TableName: table.name, Key: key(id), ConsistentRead: true }),
    );
    return found && parse(found);
  },

  /** By id; those without a page are left out. */
  getMany: async (
    ids: Iterable<string>,
    { consistent = false } = {},
  ): Promise<Map<string, StoredPage>> => {
    const found = await getAll(table, [...new Set(ids)].map(key), consistent);
    return new Map(found.map((item) => [String(item.id), parse(item)]));
  },

  /**
   * Replaces the page that was read, or makes the first one. False, and nothing changed, when
   * another was written meanwhile: read again, since what to index depends on it.
   */
  replace: (
    page: StoredPage,
    read: Pick<StoredPage, "revision" | "indexedRevision"> | undefined,
  ): Promise<boolean> =>
    whether(
      table.client.send(
        new PutCommand({
          TableName: table.name,
          Item: {
            ...page,
            ...key(page.id),
            gsi1pk: sellerPartition(page.sellerId),
            gsi1sk: `${page.publishedAt}#${page.id}`,
          },
          ...(read === undefined
            ? { ConditionExpression: "attribute_not_exists(pk)" }
            : {
                ConditionExpression: "revision = :revision AND indexedRevision = :indexed",
                ExpressionAttributeValues: {
                  ":revision": read.revision,
                  ":indexed": read.indexedRevision,
                },
              }),
        }),
      ),
    ),

  /** A seller's publications of every state, newest first. */
  listBySeller: (sellerId: string, request: PageRequest): Promise<Page<PublicationPage>> =>
    listIndex(table, { index: "gsi1", partition: sellerPartition(sellerId) }, request, parse),
});
export type PageStore = ReturnType<typeof pageStore>;

const sellerPartition = (sellerId: string) => `SELLER#${sellerId}`;

function parse(item: Item): StoredPage {
  const { pk, sk, gsi1pk, gsi1sk, ...page } = item;
  return page as unknown as StoredPage;
}
