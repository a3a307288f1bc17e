import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Posting } from "../../domain/postings.ts";
import { getAll, type Item, type Key, type Write, writeAll } from "./batch.ts";
import type { Table } from "./client.ts";

/** What names one posting. */
export type PostingId = Pick<Posting, "list" | "impact" | "publicationId" | "indexedRevision">;

/** Revisions are compared by their text within a publication: long enough for any. */
const REVISION_DIGITS = 12;

/** The word index. Postings never change: they are written, and deleted when their page moved on. */
export const postingStore = (table: Table) => ({
  write: (postings: Iterable<Posting>): Promise<void> => writeAll(table, map(postings, putOf)),

  /** Safe to repeat, and to name one twice. */
  remove: (postings: Iterable<PostingId>): Promise<void> => {
    const keys = new Map([...postings].map(keyOf).map((key) => [`${key.pk} ${key.sk}`, key]));
    return writeAll(
      table,
      [...keys.values()].map((remove) => ({ remove })),
    );
  },

  /** Those of these that are there, in no order. */
  findMany: async (postings: Iterable<PostingId>): Promise<Posting[]> => {
    const keys = new Map([...postings].map(keyOf).map((key) => [`${key.pk} ${key.sk}`, key]));
    return (await getAll(table, keys.values(), true)).map(postingOf);
  },

  /** The best `limit` postings of a list, and whether that was all of it. */
  readBest: async (
    list: string,
    limit: number,
  ): Promise<{ postings: Posting[]; ended: boolean }> => {
    const postings: Posting[] = [];
    let start: Item | undefined;
    do {
      const { Items, LastEvaluatedKey } = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: "pk = :list",
          ExpressionAttributeValues: { ":list": partition(list) },
          ScanIndexForward: false,
          Limit: limit - postings.length,
          ExclusiveStartKey: start,
        }),
      );
      for (const item of Items ?? []) postings.push(parse(list, item));
      start = LastEvaluatedKey;
    } while (start && postings.length < limit);
    return { postings, ended: start === undefined };
  },
});
export type PostingStore = ReturnType<typeof postingStore>;

const PREFIX = "WORD#";
const partition = (list: string) => `${PREFIX}${list}`;

/** The posting that an item of the table is. */
export function postingOf(item: Item): Posting {
  return parse(String(item.pk).slice(PREFIX.length), item);
}

function keyOf({ list, impact, publicationId, indexedRevision }: PostingId): Key {
  const revision = String(indexedRevision).padStart(REVISION_DIGITS, "0");
  return { pk: partition(list), sk: `${impact}#${publicationId}#${revision}` };
}

// One text instead of a map of numbers: half the bytes, and a search reads two thousand of them.
function putOf(posting: Posting): Write {
  const { list, frequencies, ...facts } = posting;
  const words = [...frequencies].map(([stem, frequency]) => `${stem} ${frequency}`).join(" ");
  return { put: { ...facts, ...keyOf(posting), words } };
}

function parse(list: string, item: Item): Posting {
  const { pk, sk, words, ...facts } = item;
  const parts = String(words).split(" ");
  const frequencies = new Map<string, number>();
  for (let i = 0; i + 1 < parts.length; i += 2) {
    frequencies.set(parts[i] ?? "", Number(parts[i + 1]));
  }
  return { ...facts, list, frequencies } as unknown as Posting;
}

function* map<T, U>(values: Iterable<T>, change: (value: T) => U): Generator<U> {
  for (const value of values) yield change(value);
}
