import { DeleteCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import type { Fault, LawName, RepairName } from "../../domain/law.ts";
import type { Item } from "../../stores/dynamo/batch.ts";
import { type SickMarketplace, sickMarketplace } from "../../testing/sick-marketplace.ts";
import { cancelOrder } from "../cancel-order.ts";
import { type Examination, examine } from "./examine.ts";

const check = (
  { staff, deps }: SickMarketplace,
  more: Partial<Parameters<typeof examine>[0]> = {},
): Promise<Examination> =>
  examine(
    {
      actor: staff,
      laws: [],
      limit: 100,
      approve: undefined,
      stopping: new AbortController().signal,
      progress: () => undefined,
      ...more,
    },
    deps,
  );

const named = (faults: readonly Fault[]) => faults.map(({ law, id }) => `${law} ${id}`);

const lamp = ({ lampId }: SickMarketplace) => lampId;
const refundOfOrder = (market: SickMarketplace, id: string) =>
  market.ask(
    "select r.id from refund r join payment p on p.id = r.payment_id where p.order_id = $1",
    id,
  );
/** Something that is wrong outside of Aurora, or that can be mended. */
interface Injury {
  law: LawName;
  what: string;
  of: (market: SickMarketplace) => string;
  injure: (market: SickMarketplace) => Promise<unknown>;
  repair: RepairName | null;
}

const pageKey = ({ lampId }: SickMarketplace) => ({ pk: `PUBLICATION#${lampId}`, sk: "PAGE" });
const questionKey = ({ questionId }: SickMarketplace) => ({
  pk: `QUESTION#${questionId}`,
  sk: "QUESTION",
});
const change = async ({ table }: SickMarketplace, Key: Item, name: string, value: unknown) =>
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
const remove = async ({ table }: SickMarketplace, { pk, sk }: Item) =>
  table.client.send(new DeleteCommand({ TableName: table.name, Key: { pk, sk } }));
const put = async ({ table }: SickMarketplace, Item: Item) =>
  table.client.send(new PutCommand({ TableName: table.name, Item }));

const keyOf = ({ pk, sk }: Item) => ({ pk, sk });

const STRANGER = "00000000-0000-7000-8000-000000000002";

const INJURIES: readonly Injury[] = [
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

test("what is safe to mend is shown, mended and found right again", async (t) => {
  const market = await sickMarketplace(t);
  const laws = [...new Set(INJURIES.map(({ law }) => law))];
  for (const { law, what, of, injure, repair } of INJURIES) {
    await injure(market);
    let plan: readonly Fault[] = [];
    const approve = async (shown: readonly Fault[]) => {
      plan = shown;
      return true;
    };
    const { faults, repaired } = await check(market, { laws, approve });
    expect
      .soft(plan, what)
      .toContainEqual(expect.objectContaining({ law, id: of(market), repair }));
    expect.soft(new Set(plan.map(({ id }) => id)), what).toEqual(new Set([of(market)]));
    expect
      .soft(
        repaired.map(({ problem }) => problem),
        what,
      )
      .toEqual(plan.map(() => null));
    expect.soft(faults, what).toEqual([]);
  }
  expect((await check(market)).faults).toEqual([]);
  expect(
    Number(await market.ask("select count(*) from audit where action = 'doctor.repair'")),
  ).toBeGreaterThanOrEqual(INJURIES.length);
}, 90_000);

test("nothing is mended that was not approved", async (t) => {
  const market = await sickMarketplace(t);
  await remove(market, pageKey(market));
  const { faults, repaired } = await check(market, { approve: async () => false });
  expect(repaired).toEqual([]);
  expect(faults[0]).toMatchObject({ law: "pages-match-rows", problem: "it has no page" });
  expect(named((await check(market)).faults)).toEqual(named(faults));
});

test("a reservation whose time is over expires, and a refund that failed is requested again", async (t) => {
  let aheadMs = 0;
  const market = await sickMarketplace(t, {
    now: () => new Date(Date.now() + aheadMs).toISOString(),
  });
  const { deps, seller } = market;
  const order = await market.bought("refused", "tok_refund_fails_once");
  await cancelOrder({ actor: seller, order, reason: "broken in store" }, deps);
  const refund = await refundOfOrder(market, order);
  await market.until(
    async () => (await market.ask("select state from refund where id = $1", refund)) === "failed",
  );
  aheadMs = 2 * 3_600_000;
  const laws = ["refunds-arrive", "timers-on-time"] as const;
  const { faults } = await check(market, { laws });
  expect(faults).toMatchObject([
    { law: "refunds-arrive", id: refund, orderId: order, repair: "request-refund" },
    { law: "timers-on-time", id: market.orders.reserved, repair: "expire-reservation" },
  ]);
  expect(await check(market, { laws, approve: async () => true })).toMatchObject({
    faults: [],
    repaired: [{ id: refund }, { id: market.orders.reserved }],
  });
  expect(await deps.orders.find(market.orders.reserved)).toMatchObject({ state: "expired" });
  await market.until(
    async () =>
      (await market.ask("select state from refund where id = $1", refund)) === "succeeded",
  );
  aheadMs = 0;
  expect((await check(market)).faults).toEqual([]);
});

test("an image that is another one is named, and so is a question that is listed elsewhere", async (t) => {
  const market = await sickMarketplace(t);
  await market.deps.objects.putObject(`images/${market.imageId}`, "no image", "image/jpeg");
  await change(market, questionKey(market), "gsi1sk", "answered#never");
  expect((await check(market)).faults).toMatchObject([
    { law: "questions-are-listed", id: market.questionId, repair: null },
    { law: "images-are-whole", id: market.imageId, repair: null },
  ]);
});
