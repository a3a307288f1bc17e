import { expect, test } from "vitest";
import { testMarketplace } from "../testing/marketplace.ts";
import { updatePublication } from "./change-publication.ts";

test("an edit holds to the limits that publishing has", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const seller = await market.user("ana");
  const { id: publication } = await market.publication(seller);
  const edit = (change: Parameters<typeof updatePublication>[0]["edit"]) => {
    const want = { actor: seller, publication, edit: change, ifVersion: null };
    return updatePublication({ ...want, createCategories: true }, deps);
  };
  const categories = Array.from({ length: 21 }, (_, i) => `Category ${i}`);
  await expect(edit({ categories })).rejects.toMatchObject({ code: "invalid" });
  const images = Array.from({ length: 13 }, (_, i) => ({
    name: `${i}.png`,
    bytes: Buffer.from("89504e470d0a1a0a", "hex"),
  }));
  await expect(edit({ images })).rejects.toThrow("at most 12 images");
  expect((await deps.publications.find(publication))?.version).toBe(1);
});
