import { expect, test } from "vitest";
import { testMarketplace } from "../testing/marketplace.ts";
import { banUser, revokeRole } from "./manage-users.ts";

test("a seller who is being banned publishes nothing that stays on offer", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [operator, seller] = [await market.user("oto", "operator"), await market.user("ana")];
  await market.publication(seller);
  // What runs already, as a long import, still acts for the seller.
  const outcomes = await Promise.allSettled([
    ...Array.from({ length: 4 }, () => market.publication(seller)),
    banUser({ actor: operator, user: seller.userId, reason: "counterfeits" }, deps),
    ...Array.from({ length: 4 }, () => market.publication(seller)),
  ]);
  await expect(market.publication(seller)).rejects.toMatchObject({ code: "not_allowed" });
  for (const outcome of outcomes) {
    if (outcome.status === "rejected")
      expect(outcome.reason).toMatchObject({ code: "not_allowed" });
  }
  const ids = await deps.publications.ids({ limit: 100 });
  const rows = await deps.publications.findMany(ids);
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["closed"]));
});

test("an operator who is banned does not count when the last one would resign", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [oto, ute] = [await market.user("oto", "operator"), await market.user("ute", "operator")];
  await banUser({ actor: oto, user: ute.userId, reason: "left" }, deps);
  const resign = () => revokeRole({ actor: oto, user: oto.userId, role: "operator" }, deps);
  await expect(resign()).rejects.toMatchObject({ code: "conflict" });
  expect((await deps.users.find({ id: oto.userId }))?.roles).toEqual(["operator"]);
});
