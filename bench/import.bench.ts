import { execFile } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { test } from "vitest";
import { type Profile, packageDirectory } from "../src/config.ts";
import { connection } from "../src/stores/aurora/client.ts";
import { migrateUp } from "../src/stores/aurora/migrate.ts";
import { startLocalStack } from "../src/testing/local-stack.ts";
import { report, seconds } from "./compare.ts";

/** Rows of all files together. */
const ROWS = Number(process.env.MKT_BENCH_ROWS ?? 100_000);
const ORDERS = Math.floor(ROWS * 0.3);
const LINES = Math.floor(ROWS * 0.33);
const PRODUCTS = Math.floor(ROWS * 0.05);
const SELLERS = Math.floor(ROWS * 0.02);
const run = promisify(execFile);

/** In the order in which they refer to each other. */
const TABLES = [
  `"user"`,
  "category",
  "publication",
  "publication_category",
  "purchase",
  `"order"`,
  "order_line",
  "stock_movement",
  "payment",
  "refund",
  "shipment",
  "ledger_entry",
  "transition",
  "event",
];

/**
 * `mkt import` as its users run it, beside COPY of the very same rows from text files into the same tables of
 * a second database of the same server: what `\copy` of psql does.
 */
test("importing a history beside \\copy of the same rows", async () => {
  const stack = await startLocalStack();
  const directory = join(stack.home, "source");
  const { profile } = stack.config;
  const peerProfile = { ...profile, aurora: { ...profile.aurora, database: "peer" } };
  try {
    await mkdir(directory);
    await writeSource(directory);
    await migrateUp(peerProfile);
    const before = await countRows(profile);
    const mapping = join(packageDirectory(), "fixtures/mappings/olist.yaml");
    const program = join(packageDirectory(), "bin/mkt.js");
    const argv = ["import", directory, "--mapping", mapping, "--no-wait", "--json"];
    const ours = await seconds(() =>
      run(process.execPath, [program, ...argv], { env: { ...process.env, MKT_HOME: stack.home } }),
    );
    const count = (await countRows(profile)) - before;
    await dump(profile, stack.home);
    const peer = await seconds(() => load(peerProfile, stack.home));
    report(`import of ${ROWS} rows of files`, { count, unit: "rows of tables", ours, peer });
  } finally {
    await stack.remove();
  }
});

async function withClient<T>(profile: Profile, work: (client: pg.Client) => Promise<T>) {
  const { aurora } = profile;
  const settings = { ...connection(aurora, aurora.adminRole), statement_timeout: 0 };
  const client = new pg.Client({ ...settings, query_timeout: 0 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const countRows = (profile: Profile) =>
  withClient(profile, async (client) => {
    let sum = 0;
    for (const table of TABLES) {
      const { rows } = await client.query(`select count(*) from ${table}`);
      sum += Number(rows[0].count);
    }
    return sum;
  });

const dump = (profile: Profile, home: string) =>
  withClient(profile, async (client) => {
    for (const [index, table] of TABLES.entries()) {
      const rows = client.query(copyTo(`copy ${table} to stdout`));
      await pipeline(rows, createWriteStream(join(home, `${index}.copy`)));
    }
  });

const load = (profile: Profile, home: string) =>
  withClient(profile, async (client) => {
    for (const [index, table] of TABLES.entries()) {
      const rows = client.query(copyFrom(`copy ${table} from stdin`));
      await pipeline(createReadStream(join(home, `${index}.copy`)), rows);
    }
  });

/** Files of the columns that the Olist mapping names. */
async function writeSource(directory: string): Promise<void> {
  const id = (kind: number, number: number) =>
    `${kind}${number.toString(16).padStart(7, "0")}`.padEnd(32, "abcdef0123456789");
  const time = (minutes: number) =>
    new Date(Date.UTC(2017, 0, 5) + minutes * 60_000).toISOString().slice(0, 19).replace("T", " ");
  const table = async (name: string, header: string, rows: number, row: (n: number) => string) => {
    const lines = Array.from({ length: rows }, (_, number) => row(number));
    await writeFile(join(directory, name), [header, ...lines, ""].join("\n"));
  };
  await table(
    "orders.csv",
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    ORDERS,
    (n) => {
      const placed = n * 8;
      const steps = [placed, placed + 20, placed + 3_000, placed + 12_000, placed + 30_000];
      return `${id(1, n)},${id(2, n)},delivered,${steps.map(time).join(",")}`;
    },
  );
  await table(
    "order_items.csv",
    "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
    LINES,
    (n) => {
      const product = (n * 7) % PRODUCTS;
      const item = Math.floor(n / ORDERS) + 1;
      return `${id(1, n % ORDERS)},${item},${id(3, product)},${id(4, product % SELLERS)},${time(n)},${10 + (n % 90)}.5,${5 + (n % 9)}.25`;
    },
  );
  await table(
    "customers.csv",
    "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
    ORDERS,
    (n) => `${id(2, n)},${id(5, n)},4571,sao paulo,SP`,
  );
  await table(
    "products.csv",
    "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm",
    PRODUCTS,
    (n) => `${id(3, n)},categoria_${n % 40},51,2083,2,600,68,11,13`,
  );
  await table(
    "sellers.csv",
    "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    SELLERS,
    (n) => `${id(4, n)},13844,mogi guacu,SP`,
  );
  await writeFile(
    join(directory, "category_translation.csv"),
    "product_category_name,product_category_name_english\n",
  );
}
