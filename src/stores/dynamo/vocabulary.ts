import { QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import pMap from "p-map";
import type { Language } from "../../domain/publication.ts";
import { getAll, type Key, writeAll } from "./batch.ts";
import type { Table } from "./client.ts";

/** A folded word as it is written somewhere in the catalogue, and its stem there. */
export interface Form {
  form: string;
  language: Language;
  stem: string;
}

const PREFIX_LENGTH = 2;
/** From so many lists on, counts are written back whole. */
const MANY = 500;
const CONCURRENCY = 32;

/** Which words the catalogue has, and about how many publications stand in each list. */
export const vocabularyStore = (table: Table) => ({
  /** Publications by list, approximate. A list that never had any is left out. */
  documents: async (lists: Iterable<string>): Promise<Map<string, number>> => {
    const keys = [...new Set(lists)].map(listKey);
    const found = await getAll(table, keys);
    return new Map(found.map(({ list, documents }) => [String(list), Number(documents)]));
  },

  /**
   * Adds to the counts. Approximate, since a repeated relay adds twice. Sum per list first: each is
   * a write of its own; many are read and written back whole, twenty times as fast, whatever somebody else adds
   * at that moment.
   */
  count: async (changes: ReadonlyMap<string, number>): Promise<void> => {
    if (changes.size >= MANY) return rewriteCounts(table, changes);
    const add = ([list, change]: [string, number]) =>
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: listKey(list),
          UpdateExpression: "SET #list = :list ADD documents :change",
          ExpressionAttributeNames: { "#list": "list" },
          ExpressionAttributeValues: { ":list": list, ":change": change },
        }),
      );
    const real = [...changes].filter(([, change]) => change !== 0);
    await pMap(real, add, { concurrency: CONCURRENCY });
  },

  /** Makes words findable by their beginning. Safe to repeat; keys must differ. */
  learn: (forms: Iterable<Form>): Promise<void> =>
    writeAll(
      table,
      [...forms].map((form) => ({
        put: { ...form, ...formKey(form) },
      })),
    ),

  /** Words that begin so, and whether there are more. Shorter than two letters begins nothing. */
  beginningWith: async (
    prefix: string,
    limit: number,
  ): Promise<{ forms: Form[]; more: boolean }> => {
    if ([...prefix].length < PREFIX_LENGTH) return { forms: [], more: false };
    const { Items, LastEvaluatedKey } = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "pk = :partition AND begins_with(sk, :prefix)",
        ExpressionAttributeValues: { ":partition": formPartition(prefix), ":prefix": prefix },
        Limit: limit,
      }),
    );
    const forms = (Items ?? []).map(
      ({ form, language, stem }) => ({ form, language, stem }) as Form,
    );
    return { forms, more: LastEvaluatedKey !== undefined };
  },
});
export type VocabularyStore = ReturnType<typeof vocabularyStore>;

async function rewriteCounts(table: Table, changes: ReadonlyMap<string, number>): Promise<void> {
  const keys = [...changes.keys()].map(listKey);
  const found = await getAll(table, keys, true);
  const before = new Map(found.map(({ list, documents }) => [String(list), Number(documents)]));
  const writes = [...changes].map(([list, change]) => ({
    put: { ...listKey(list), list, documents: (before.get(list) ?? 0) + change },
  }));
  await writeAll(table, writes);
}

/** Where it stands how many publications a list has. */
export const listKey = (list: string): Key => ({ pk: listPartition(list), sk: "DOCUMENTS" });
/** Where a form of a language stands. */
export const formKey = ({ form, language }: Pick<Form, "form" | "language">): Key => ({
  pk: formPartition(form),
  sk: `${form}#${language}`,
});

const listPartition = (list: string) => `LIST#${list}`;
const formPartition = (form: string) => `VOCABULARY#${[...form].slice(0, PREFIX_LENGTH).join("")}`;
