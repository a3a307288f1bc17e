import { expect, onTestFinished, test } from "vitest";
import { cardOf } from "../domain/publication-card.ts";
import { dynamoStores, testTable } from "../testing/dynamo.ts";
import { publicationPage } from "../testing/publication-page.ts";
import { home } from "./home.ts";

const NOW = "2026-01-01T12:00:00.000Z";

test("home shows its sections in order, categories by their present names, and is noted", async () => {
  const table = await testTable();
  onTestFinished(() => table[Symbol.asyncDispose]());
  const deps = { ...dynamoStores(table), realNow: () => NOW };
  expect(await home({ viewerId: null }, deps)).toEqual([]);

  const card = cardOf(publicationPage({ categories: ["c1", "c2"] }));
  const light = { name: "category:c1", title: "c1", order: 9, cards: [card] };
  const newest = { name: "newest", title: "Newest", order: 1, cards: [card] };
  await deps.homeSections.putSection(light, 1);
  await deps.homeSections.putSection(newest, 1);
  await deps.categoryNames.put(new Map([["c1", "Lighting"]]), 1);
  const items = [{ ...card, categories: ["Lighting", "c2"] }];
  expect(await home({ viewerId: "ana" }, deps)).toEqual([
    { name: "newest", title: "Newest", items },
    { name: "category:c1", title: "Lighting", items },
  ]);
  const seen = await deps.activityLog.readMinute(NOW);
  expect(seen.map(({ kind, userId }) => [kind, userId])).toEqual([
    ["home", null],
    ["home", "ana"],
  ]);
});
