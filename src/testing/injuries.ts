import { DeleteCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { LawName, RepairName } from "../domain/law.ts";
import type { Item } from "../stores/dynamo/batch.ts";
import type { SickMarketplace } from "./sick-marketplace.ts";

const lamp = ({ lampId }: SickMarketplace) => lampId;
/** Something that is wrong outside of Aurora, or that can be mended. */
interface Injury {
  law: LawName;
  what: string;
  of: (market: SickMarketplace) => string;
  injure: (market: SickMarketplace) => Promise<unknown>;
  repair: RepairName | null;
}

/** The lamp's page. */
export const pageKey = ({ lampId }: SickMarketplace) => ({
  pk: `PUBLICATION#${lampId}`,
  sk: "PAGE",
});
/** The question about the lamp. */
export const questionKey = ({ questionId }: SickMarketplace) => ({
  pk: `QUESTION#${questionId}`,
  sk: "QUESTION",
});
/** Changes one field of an item by hand. */
export const change = async ({ table }: SickMarketplace, Key: Item, name: string, value: unknown) =>
  table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key,
      UpdateExpression: "SET #name = :value",
      ExpressionAttributeNames: { "#name": name },
      ExpressionAttributeValues: { ":value": value },
    }),
  );
/** The lamp's posting under its first word, as the table has it. */
const posting = async ({ table, lampId }: SickMarketplace): Promise<Item> => {
  const { Items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: "pk = :list",
      ExpressionAttributeValues: { ":list": "WORD#en#lamp" },
    }),
  );
  return Items.find(({ publicationId }) => publicationId === lampId) ?? {};
};
/** Deletes an item by hand. */
export const remove = async ({ table }: SickMarketplace, { pk, sk }: Item) =>
  table.client.send(new DeleteCommand({ TableName: table.name, Key: { pk, sk } }));
const put = async ({ table }: SickMarketplace, Item: Item) =>
  table.client.send(new PutCommand({ TableName: table.name, Item }));

const keyOf = ({ pk, sk }: Item) => ({ pk, sk });

const STRANGER = "00000000-0000-7000-8000-000000000002";

/** What can be mended, one by one. */
export const INJURIES: readonly Injury[] = [
  {
    law: "pages-match-rows",
    what: "a page that is gone",
    of: lamp,
    injure: (market) => remove(market, pageKey(market)),
    repair: "rewrite-page",
  },
  {
    law: "pages-match-rows",
    what: "a page with another price",
    of: lamp,
    injure: (market) => change(market, pageKey(market), "priceMinor", 1),
    repair: "rewrite-page",
  },
  {
    law: "pages-match-rows",
    what: "a page ahead of its row",
    of: lamp,
    injure: (market) => change(market, pageKey(market), "revision", 1_000),
    repair: "rewrite-page",
  },
  {
    law: "pages-match-rows",
    what: "a page without a row",
    of: () => STRANGER,
    injure: (market) =>
      put(market, { pk: `PUBLICATION#${STRANGER}`, sk: "PAGE", id: STRANGER, revision: 1 }),
    repair: "remove-page",
  },
  {
    law: "postings-match-pages",
    what: "a posting that is gone",
    of: lamp,
    injure: async (market) => remove(market, await posting(market)),
    repair: "rewrite-page",
  },
  {
    law: "postings-match-pages",
    what: "a posting with another price",
    of: lamp,
    injure: async (market) => change(market, keyOf(await posting(market)), "priceMinor", 1),
    repair: "rewrite-page",
  },
  {
    law: "postings-match-pages",
    what: "a posting under a word that the page does not have",
    of: lamp,
    injure: async (market) => put(market, { ...(await posting(market)), pk: "WORD#en#chair" }),
    repair: "remove-postings",
  },
  {
    law: "postings-match-pages",
    what: "a posting that was left behind",
    of: lamp,
    injure: async (market) => {
      const one = await posting(market);
      const sk = String(one.sk).replace(/\d{12}$/, "000000000099");
      await put(market, { ...one, sk, indexedRevision: 99 });
    },
    repair: "remove-postings",
  },
  {
    law: "questions-are-listed",
    what: "a question that waits too long",
    of: ({ questionId }) => questionId,
    injure: async (market) => {
      const key = questionKey(market);
      await change(market, key, "outboxpk", "OUTBOX");
      await change(market, key, "outboxsk", `2026-01-01T00:00:00.000Z#${market.questionId}`);
    },
    repair: "copy-questions",
  },
  {
    law: "webhooks-acted-on",
    what: "a webhook that was given up",
    of: ({ webhookId }) => webhookId,
    injure: (market) =>
      market.spoil(
        "update webhook set state = 'failed', attempts = 20, reason = 'no answer' where id = $1",
        market.webhookId,
      ),
    repair: "act-on-webhook",
  },
];
