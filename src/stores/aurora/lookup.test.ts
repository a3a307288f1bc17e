import { expect, test } from "vitest";
import { testMarketplace } from "../../testing/marketplace.ts";

test("the beginning of an id has digits: dashes alone name nothing", async (t) => {
  const { deps, user, publication } = await testMarketplace(t);
  const { id } = await publication(await user("ana"));
  const resolve = (text: string) => deps.lookup.resolve("publication", text);
  expect(await resolve(id.slice(0, 8))).toBe(id);
  expect(await resolve(id.slice(0, 9).toUpperCase())).toBe(id);
  for (const text of ["----", "-".repeat(36), "0---", id.slice(0, 3), `${id}0`])
    await expect(resolve(text)).rejects.toMatchObject({ code: "not_found" });
});
