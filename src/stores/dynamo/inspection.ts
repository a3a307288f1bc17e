import { DeleteCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { Posting } from "../../domain/postings.ts";
import type { Question } from "../../domain/question.ts";
import type { Item } from "./batch.ts";
import type { Table } from "./client.ts";
import { whether } from "./errors.ts";
import { postingOf } from "./postings.ts";
import { questionOf } from "./questions.ts";

/** What stands in the table, kind by kind. */
const PREFIXES = { page: "PUBLICATION#", posting: "WORD#", question: "QUESTION#" } as const;
export type ItemKind = keyof typeof PREFIXES;

/** A question, whether it is listed where its state says, and since when it waits to be relayed. */
export interface InspectedQuestion {
  question: Question;
  isListed: boolean;
  waitsSince: string | null;
}

export interface Inspected {
  /** Ids of publications that have a page. */
  pages: string[];
  postings: Posting[];
  questions: InspectedQuestion[];
  /** How to go on; undefined at the end. */
  next: Item | undefined;
}

/** The whole table, read in parts at once, each piece by piece. */
export const inspectionStore = (table: Table) => ({
  scan: async (
    kinds: readonly ItemKind[],
    { part, parts, start }: { part: number; parts: number; start: Item | undefined },
  ): Promise<Inspected> => {
    const values = kinds.map((kind) => [`:${kind}`, PREFIXES[kind]] as const);
    const { Items = [], LastEvaluatedKey: next } = await table.client.send(
      new ScanCommand({
        TableName: table.name,
        Segment: part,
        TotalSegments: parts,
        ConsistentRead: true,
        ExclusiveStartKey: start,
        FilterExpression: values.map(([name]) => `begins_with(pk, ${name})`).join(" OR "),
        ExpressionAttributeValues: Object.fromEntries(values),
      }),
    );
    const of = (kind: ItemKind) => Items.filter(({ pk }) => String(pk).startsWith(PREFIXES[kind]));
    return {
      pages: of("page").map(({ pk }) => String(pk).slice(PREFIXES.page.length)),
      postings: of("posting").map(postingOf),
      questions: of("question").map(questionOf),
      next,
    };
  },

  /** Takes a page away while it is still the one of this revision. */
  removePage: (id: string, revision: number): Promise<boolean> =>
    whether(
      table.client.send(
        new DeleteCommand({
          TableName: table.name,
          Key: { pk: `${PREFIXES.page}${id}`, sk: "PAGE" },
          ConditionExpression: "revision = :revision",
          ExpressionAttributeValues: { ":revision": revision },
        }),
      ),
    ),
});
export type InspectionStore = ReturnType<typeof inspectionStore>;
