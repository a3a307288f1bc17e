import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ScanCommand } from "@aws-sdk/lib-dynamodb";
import { test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { type Item, type Key, writeAll } from "../src/stores/dynamo/batch.ts";
import { openTable, type Table } from "../src/stores/dynamo/client.ts";
import { ensureTable } from "../src/stores/dynamo/table.ts";
import { startLocalStack } from "../src/testing/local-stack.ts";
import { report, seconds } from "./compare.ts";

const COUNT = Number(process.env.MKT_BENCH_PUBLICATIONS ?? 3_000);
const ROUNDS = Number(process.env.MKT_BENCH_ROUNDS ?? 3);
const run = promisify(execFile);

const MAPPING = `
publication:
  externalId: id
  title: title
  description: description
  price: price
  currency: ARS
  stock: { value: 20 }
  categories: [category]
`;

/**
 * `mkt publish --from` as its users run it, from its start until every page can be found, beside a bare loop
 * of BatchWriteItem that writes the very same items into a second table of the same engine.
 */
test("publishing in bulk beside a bare BatchWriteItem loop", async () => {
  const stack = await startLocalStack();
  const table = openTable(stack.config.profile.dynamo);
  try {
    const mapping = join(stack.home, "mapping.yaml");
    await writeFile(mapping, MAPPING);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const file = join(stack.home, `catalogue-${round}.csv`);
      await writeFile(file, catalogue(round));
      const before = new Set((await itemsOf(table)).map(keyOf));
      const argv = ["publish", "--from", file, "--mapping", mapping, "--create-categories"];
      const program = join(packageDirectory(), "bin/mkt.js");
      const ours = await seconds(() =>
        run(process.execPath, [program, ...argv], {
          env: { ...process.env, MKT_HOME: stack.home },
        }),
      );
      const items = (await itemsOf(table)).filter((item) => !before.has(keyOf(item)));
      const bare = { ...table, name: `bare-${round}` };
      await ensureTable(bare);
      const peer = await seconds(() =>
        writeAll(
          bare,
          items.map((put) => ({ put })),
        ),
      );
      report(`publish, round ${round}, ${COUNT} publications`, {
        count: items.length,
        unit: "items",
        ours,
        peer,
      });
    }
  } finally {
    table.close();
    await stack.remove();
  }
});

/** Rows of a made-up catalogue: about 25 different words each, of a vocabulary with a long tail. */
function catalogue(round: number): string {
  const rows = ["id,title,description,price,category"];
  for (let number = 0; number < COUNT; number += 1) {
    const word = (place: number) => {
      const spread = (number * 31 + place * 7_919 + round * 104_729) % 10_000;
      return `word${Math.floor((spread * spread) / 20_000)}`;
    };
    const words = Array.from({ length: 24 }, (_, place) => word(place));
    const price = `${10 + (number % 90)}.50`;
    rows.push(
      `r${round}-${number},${words.slice(0, 4).join(" ")},${words.slice(4).join(" ")},${price},Category ${number % 20}`,
    );
  }
  return rows.join("\n");
}

const keyOf = (item: Item) => `${item.pk} ${item.sk}`;

async function itemsOf(table: Table): Promise<(Item & Key)[]> {
  const items: (Item & Key)[] = [];
  let start: Item | undefined;
  do {
    const page = await table.client.send(
      new ScanCommand({ TableName: table.name, ExclusiveStartKey: start }),
    );
    items.push(...((page.Items ?? []) as (Item & Key)[]));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}
