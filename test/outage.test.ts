import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { type Deps, type OpenDeps, openDeps } from "../src/deps.ts";
import { STORE_LABELS, STORE_NAMES, type StoreName } from "../src/local/store-names.ts";
import { type Aurora, openAurora } from "../src/stores/aurora/client.ts";
import { type LocalStack, startLocalStack } from "../src/testing/local-stack.ts";

const TIMEOUT_MS = 120_000;
const STOCK = 5;
const QUANTITY = 2;
const IMAGE = join(packageDirectory(), "fixtures", "images", "lamp.jpg");

/** What a sale cannot do without each store. Everything else goes on. */
const REFUSED: Record<StoreName, readonly string[]> = {
  aurora: ["publish", "ask", "answer", "buy", "pay", "ship", "review", "dump-graph"],
  dynamo: ["search", "ask", "answer", "dump-graph"],
  s3: ["publish", "dump-graph"],
  neptune: ["dump-graph"],
  payments: ["pay"],
  shipping: ["buy", "ship"],
};

let stack: LocalStack;
let opened: OpenDeps;
let deps: Deps;
let db: Aurora;
let seller: string;
let buyer: string;

beforeAll(async () => {
  vi.stubEnv("MKT_SIMULATOR_PICKUP_MS", "20");
  vi.stubEnv("MKT_SIMULATOR_DELIVERY_MS", "40");
  stack = await startLocalStack();
  opened = openDeps(stack.config, { notice: () => undefined });
  deps = opened.deps;
  db = openAurora(stack.config.profile);
  seller = await stack.register("ana");
  buyer = await stack.register("beto");
}, TIMEOUT_MS);

afterEach(() => stack.json(["up"]), TIMEOUT_MS);

afterAll(async () => {
  vi.unstubAllEnvs();
  await db?.destroy();
  await opened?.close();
  await stack.remove();
}, TIMEOUT_MS);

/** All that a sale decides. Attempts to pay and to ship may stay recorded; they decide nothing yet. */
async function facts() {
  const publications = await db
    .selectFrom("publication")
    .select(["id", "stock", "soldUnits", "ratingCount", "version"])
    .orderBy("id")
    .execute();
  const orders = await db.selectFrom("order").select(["id", "state"]).orderBy("id").execute();
  const purchases = await db.selectFrom("purchase").select("id").orderBy("id").execute();
  const movements = await db.selectFrom("stockMovement").select("id").orderBy("id").execute();
  const reviews = await db.selectFrom("review").select("id").orderBy("id").execute();
  return { publications, orders, purchases, movements, reviews };
}

/** The commands of one sale in order, each with what the ones before gave. */
function saleOf(word: string) {
  const sale = { publication: "", question: "", order: "" };
  const steps: { name: string; argv: () => string[]; learn?: (printed: Printed) => void }[] = [
    {
      name: "publish",
      argv: () => [
        ...["publish", "--title", `Lamp ${word}`, "--price", "25.00", "--stock", `${STOCK}`],
        ...["--image", IMAGE, "--as", seller],
      ],
      learn: ({ id }) => {
        sale.publication = id;
      },
    },
    {
      name: "search",
      argv: () => ["search", word],
      learn: ({ items }) => expect(items.map(({ id }) => id)).toEqual([sale.publication]),
    },
    {
      name: "ask",
      argv: () => ["ask", sale.publication, "Is it red?", "--as", buyer],
      learn: ({ id }) => {
        sale.question = id;
      },
    },
    { name: "answer", argv: () => ["answer", sale.question, "Yes", "--as", seller] },
    {
      name: "buy",
      argv: () => ["buy", `${sale.publication}:${QUANTITY}`, "--key", word, "--as", buyer],
      learn: ({ orders }) => {
        sale.order = orders[0]?.id ?? "";
      },
    },
    { name: "pay", argv: () => ["pay", sale.order, "--card", "tok_approved", "--as", buyer] },
    { name: "ship", argv: () => ["ship", sale.order, "--as", seller] },
    {
      name: "review",
      argv: () => ["review", sale.order, "--conforms", "--rating", "4", "--as", buyer],
    },
    { name: "dump-graph", argv: () => ["dump-graph"] },
  ];
  return { sale, steps };
}

/** What the commands print of what the sale needs. */
interface Printed {
  id: string;
  items: { id: string }[];
  orders: { id: string }[];
}

test.each(STORE_NAMES)(
  "a sale while %s is down at every step",
  async (store) => {
    const down = () => stack.json(["down", store]);
    const up = () => stack.json(["up", store]);
    const { sale, steps } = saleOf(`word${store}`);
    const refused: string[] = [];
    let before = await facts();
    await down();
    for (const { name, argv, learn } of steps) {
      if (name === "review") {
        // The carrier moves by itself, and tells when it can.
        await up();
        await stack.json(["order", "show", sale.order, "--wait-for", "delivered"]);
        before = await facts();
        await down();
      }
      let { exitCode, stdout, stderr } = await stack.mkt([...argv(), "--json"]);
      if (exitCode !== 0) {
        refused.push(name);
        expect(exitCode, stderr).toBe(6);
        const { error } = JSON.parse(stderr.slice(stderr.indexOf('{"error"')));
        expect(error).toMatchObject({
          code: "unavailable",
          message: expect.stringContaining(STORE_LABELS[store]),
        });
        await up();
        expect(await facts()).toEqual(before);
        await stack.json(["relay"]);
        ({ exitCode, stdout, stderr } = await stack.mkt([...argv(), "--json"]));
        expect(exitCode, stderr).toBe(0);
        before = await facts();
        await down();
      } else if (store !== "aurora") before = await facts();
      learn?.(JSON.parse(stdout));
    }
    await up();
    expect(refused).toEqual(REFUSED[store]);
    await stack.json(["relay"]);
    await expectWholeSale(sale);
  },
  TIMEOUT_MS,
);

/** Nothing was lost, nothing happened twice. */
async function expectWholeSale({ publication, order }: { publication: string; order: string }) {
  const story = await stack.json(["order", "show", order]);
  expect(story).toMatchObject({
    state: "completed",
    payments: [{ state: "approved", refunds: [] }],
    shipments: [{ state: "delivered" }],
    reviews: [{ rating: 4 }],
    questions: [{ state: "answered" }],
  });
  const row = await deps.publications.find(publication);
  const movements = await db
    .selectFrom("stockMovement")
    .select("delta")
    .where("publicationId", "=", publication)
    .execute();
  expect(movements.reduce((sum, { delta }) => sum + delta, 0)).toBe(row?.stock);
  expect(row).toMatchObject({ stock: STOCK - QUANTITY, soldUnits: QUANTITY });
  const rows = await deps.publications.pagesOf([publication]);
  expect([await deps.pages.get(publication)]).toMatchObject(rows);
  expect(await deps.events.listSetAside()).toEqual([]);
}
