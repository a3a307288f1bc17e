import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseMapping } from "../domain/mapping.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { publishFile } from "./publish-file.ts";

test("a category that cannot be rejects its row, and no other", async (t) => {
  const market = await testMarketplace(t);
  const { deps, config } = market;
  const path = join(config.home, "catalogue.csv");
  const long = "x".repeat(81);
  const repeated = Array.from({ length: 21 }, () => "b,Bed,10.00,Beds");
  const lines = ["id,name,price,category", "a,Lamp,5.00,Lighting", `c,Desk,7.00,${long}`];
  await writeFile(path, [...lines, ...repeated].join("\n"));
  const mapping = parseMapping(
    {
      publication: {
        externalId: "id",
        title: "name",
        price: "price",
        currency: "ARS",
        stock: { value: 1 },
        categories: ["category"],
      },
    },
    "a mapping",
  );
  const ana = await market.user("ana");
  const publishIt = (dryRun: boolean) =>
    publishFile(
      {
        actor: ana,
        path,
        mapping,
        createCategories: true,
        dryRun,
        stopping: new AbortController().signal,
        progress: () => undefined,
      },
      deps,
    );
  const rehearsed = await publishIt(true);
  expect(rehearsed).toMatchObject({ created: 2, merged: 20, runId: null });
  expect(await deps.categories.all()).toEqual([]);
  const report = await publishIt(false);
  expect(report).toMatchObject({ rows: 23, created: 2, merged: 20, alreadyThere: 0 });
  expect(report.rejects).toMatchObject([
    { line: 3, reason: "the category has 81 characters, 80 are allowed" },
  ]);
  const names = (await deps.categories.all()).map(({ name }) => name);
  expect(names.sort()).toEqual(["Beds", "Lighting"]);

  // It stands in a journal, to be undone; what is there already is nobody's doing the second time.
  const run = await deps.bulkRuns.find(report.runId ?? "");
  expect(run).toMatchObject({ command: "publish", state: "finished", done: 2 });
  expect(await publishIt(false)).toMatchObject({ created: 0, alreadyThere: 2, runId: null });
});
