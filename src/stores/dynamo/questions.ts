import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Question, QuestionState } from "../../domain/question.ts";
import { MktError } from "../../errors.ts";
import type { Item } from "./batch.ts";
import type { Table } from "./client.ts";
import { whether } from "./errors.ts";
import { listIndex, type Page, type PageRequest } from "./listing.ts";

export type NewQuestion = Pick<
  Question,
  "id" | "publicationId" | "sellerId" | "askerId" | "text" | "askedAt"
>;

const OUTBOX = "OUTBOX";
const key = (id: string) => ({ pk: `QUESTION#${id}`, sk: "QUESTION" });
const partitions = {
  seller: (id: string) => `INBOX#${id}`,
  publication: (id: string) => `PUBLICATION#${id}`,
  asker: (id: string) => `ASKER#${id}`,
};

/**
 * Questions and answers: each is one item that appears in its publication's page (gsi2), in the
 * seller's inbox (gsi1), in the asker's (gsi3), and, until it is relayed, in the outbox.
 */
export const questionStore = (table: Table) => {
  const get = async (id: string): Promise<Question | undefined> => {
    const { Item: found } = await table.client.send(
      new GetCommand({ TableName: table.name, Key: key(id), ConsistentRead: true }),
    );
    return found && parse(found);
  };

  /** Ends the unanswered state. Whoever repeats the very same change after a lost answer succeeds. */
  const settle = async (
    id: string,
    { state, at, answer }: { state: QuestionState; at: string; answer: string | null },
  ): Promise<Question> => {
    const before = await get(id);
    if (!before) throw new MktError("not_found", `there is no question ${id}`);
    const answeredAt = answer === null ? null : at;
    const { gsi1sk, gsi3sk, gsi2sk } = indexed({ ...before, state, answeredAt });
    const written = await whether(
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: key(id),
          UpdateExpression:
            "SET #state = :state, answer = :answer, answeredAt = :answeredAt, " +
            "version = version + :one, gsi1sk = :gsi1sk, gsi3sk = :gsi3sk, " +
            `outboxpk = :outboxpk, outboxsk = :outboxsk${gsi2sk ? "" : " REMOVE gsi2pk, gsi2sk"}`,
          ConditionExpression: "#state = :unanswered",
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: {
            ...{ ":state": state, ":unanswered": "unanswered", ":one": 1 },
            ...{ ":answer": answer, ":answeredAt": answeredAt },
            ...{ ":gsi1sk": gsi1sk, ":gsi3sk": gsi3sk },
            ...{ ":outboxpk": OUTBOX, ":outboxsk": `${at}#${id}` },
          },
        }),
      ),
    );
    const now = await get(id);
    const same = now?.state === state && now.answer === answer && now.answeredAt === answeredAt;
    if (now && (written || same)) return now;
    throw new MktError(
      "illegal_transition",
      `question ${id} is ${now?.state.replace("_", " ") ?? "gone"} already`,
    );
  };

  return {
    get,

    /** Asks. The same question with the same id again is the same question. */
    ask: async (asked: NewQuestion): Promise<Question> => {
      const question: Question = {
        ...asked,
        state: "unanswered",
        answer: null,
        answeredAt: null,
        version: 1,
        sellerReadAt: null,
        askerReadAt: null,
      };
      const written = await whether(
        table.client.send(
          new PutCommand({
            TableName: table.name,
            Item: {
              ...question,
              ...key(question.id),
              ...indexed(question),
              outboxpk: OUTBOX,
              outboxsk: `${question.askedAt}#${question.id}`,
            },
            ConditionExpression: "attribute_not_exists(pk)",
          }),
        ),
      );
      if (written) return question;
      const there = await get(asked.id);
      if (there?.askerId === asked.askerId && there.text === asked.text) return there;
      throw new MktError("conflict", `there is another question ${asked.id}`);
    },

    /** Puts a question that was asked elsewhere, as it stands; nothing of it is left to relay. False when there is one. */
    restore: (question: Question): Promise<boolean> =>
      whether(
        table.client.send(
          new PutCommand({
            TableName: table.name,
            Item: { ...question, ...key(question.id), ...indexed(question) },
            ConditionExpression: "attribute_not_exists(pk)",
          }),
        ),
      ),

    /** Answers an unanswered question, else MktError `illegal_transition`. */
    answer: (id: string, { text, at }: { text: string; at: string }): Promise<Question> =>
      settle(id, { state: "answered", at, answer: text }),

    /** Takes an unanswered question away: nobody sees it any more but its asker and its seller. */
    remove: (id: string, at: string): Promise<Question> =>
      settle(id, { state: "deleted", at, answer: null }),

    /** Its publication closed before an answer came. */
    closeUnanswered: (id: string, at: string): Promise<Question> =>
      settle(id, { state: "closed_unanswered", at, answer: null }),

    /** A publication's questions, newest first, without those deleted. */
    listByPublication: (publicationId: string, request: PageRequest): Promise<Page<Question>> =>
      list("gsi2", partitions.publication(publicationId), request),

    /** What a seller was asked: grouped by state, the unanswered first, each newest first. */
    listBySeller: (
      sellerId: string,
      { state, ...request }: PageRequest & { state?: QuestionState },
    ): Promise<Page<Question>> => list("gsi1", partitions.seller(sellerId), request, state),

    /** What a user asked, in the same order; with `answered` the answers a user got. */
    listByAsker: (
      askerId: string,
      { state, ...request }: PageRequest & { state?: QuestionState },
    ): Promise<Page<Question>> => list("gsi3", partitions.asker(askerId), request, state),

    /** Marks it read by one side, the first time. Not a change to relay: no version, no outbox. */
    markRead: (id: string, side: "seller" | "asker", at: string): Promise<boolean> =>
      whether(
        table.client.send(
          new UpdateCommand({
            TableName: table.name,
            Key: key(id),
            UpdateExpression: "SET #read = :at",
            ConditionExpression: "attribute_exists(pk) AND #read = :unread",
            ExpressionAttributeNames: {
              "#read": side === "seller" ? "sellerReadAt" : "askerReadAt",
            },
            ExpressionAttributeValues: { ":at": at, ":unread": null },
          }),
        ),
      ),

    /** Ids of questions that changed and were not relayed yet, the longest waiting first. */
    pendingOutbox: async (limit: number): Promise<string[]> => {
      const { Items } = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: "outbox",
          KeyConditionExpression: "outboxpk = :outbox",
          ExpressionAttributeValues: { ":outbox": OUTBOX },
          Limit: limit,
        }),
      );
      return (Items ?? []).map(({ pk }) => String(pk).slice("QUESTION#".length));
    },

    /** Takes it out of the outbox; false when it changed after `version` was read, or is out. */
    clearOutbox: (id: string, version: number): Promise<boolean> =>
      whether(
        table.client.send(
          new UpdateCommand({
            TableName: table.name,
            Key: key(id),
            UpdateExpression: "REMOVE outboxpk, outboxsk",
            ConditionExpression: "version = :version AND attribute_exists(outboxpk)",
            ExpressionAttributeValues: { ":version": version },
          }),
        ),
      ),
  };

  function list(
    index: "gsi1" | "gsi2" | "gsi3",
    partition: string,
    request: PageRequest,
    state?: QuestionState,
  ): Promise<Page<Question>> {
    const part = { index, partition, ...(state && { prefix: `${state}#` }) };
    return listIndex(table, part, request, parse);
  }
};
export type QuestionStore = ReturnType<typeof questionStore>;

/** Where it appears. Descending, "unanswered" happens to come first of all states. */
function indexed(question: Question): Record<string, string> {
  const { id, state, askedAt, answeredAt } = question;
  const shown = state !== "deleted";
  return {
    gsi1pk: partitions.seller(question.sellerId),
    gsi1sk: `${state}#${askedAt}#${id}`,
    gsi3pk: partitions.asker(question.askerId),
    gsi3sk: `${state}#${answeredAt ?? askedAt}#${id}`,
    ...(shown && {
      gsi2pk: partitions.publication(question.publicationId),
      gsi2sk: `${askedAt}#${id}`,
    }),
  };
}

/** The question that an item of the table is, and where the item says that it stands. */
export function questionOf(item: Item): {
  question: Question;
  isListed: boolean;
  waitsSince: string | null;
} {
  const question = parse(item);
  const expected = indexed(question);
  const keys = ["gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "gsi3pk", "gsi3sk"];
  const { outboxsk } = item;
  return {
    question,
    isListed: keys.every((name) => item[name] === expected[name]),
    waitsSince: outboxsk === undefined ? null : (String(outboxsk).split("#")[0] ?? null),
  };
}

function parse(item: Item): Question {
  const {
    pk,
    sk,
    gsi1pk,
    gsi1sk,
    gsi2pk,
    gsi2sk,
    gsi3pk,
    gsi3sk,
    outboxpk,
    outboxsk,
    ...question
  } = item;
  return question as unknown as Question;
}
