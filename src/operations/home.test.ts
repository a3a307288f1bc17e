import { expect, onTestFinished, test } from "vitest";
import { cardOf } from "../domain/publication-card.ts";
import { dynamoStores, testTable } from "../testing/dynamo.ts";
import { publicationPage } from "../testing/publication-page.ts";
import { readHome } from "./home.ts";

test("home shows its sections in order, categories by their present names", async () => {
  const table = await testTable();
  onTestFinished(() => table[Symbol.asyncDispose]());
  const stores = dynamoStores(table);
  expect(await readHome(stores)).toEqual([]);

  const card = cardOf(publicationPage({ categories: ["c1", "c2"] }));
  await stores.home.putSection({ name: "category:c1", title: "c1", order: 9, cards: [card] }, 1);
  await stores.home.putSection({ name: "newest", title: "Newest", order: 1, cards: [card] }, 1);
  await stores.categories.put(new Map([["c1", "Lighting"]]), 1);
  const cards = [{ ...card, categories: ["Lighting", "c2"] }];
  expect(await readHome(stores)).toEqual([
    { name: "newest", title: "Newest", order: 1, cards },
    { name: "category:c1", title: "Lighting", order: 9, cards },
  ]);
});
