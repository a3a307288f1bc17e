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

/** Which stores go away and come back while sales go on, again and again. */
const DISTURBED = ["aurora", "payments", "dynamo", "shipping"] as const;
const DISTURBANCES_MAX = 200;
const ATTEMPTS_MAX = 500;
const NAMED = new RegExp(Object.values(STORE_LABELS).join("|"));

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

test(
  "without DynamoDB what is published is saved, says that its page follows, and is found later",
  async () => {
    await stack.json(["down", "dynamo"]);
    const publish = ["publish", "--title", "Follower", "--price", "1.00", "--stock", "1"];
    const { exitCode, stderr } = await stack.mkt([...publish, "--as", seller]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("saved; its page will follow: DynamoDB is down in the local stack\n");
    await stack.json(["up", "dynamo"]);
    await stack.json(["relay"]);
    const { items } = await stack.json<Printed>(["search", "follower"]);
    expect(items).toHaveLength(1);
  },
  TIMEOUT_MS,
);

/** Repeats a command until it is done; before that it may only fail because a store is away. */
async function insist(argv: readonly string[], refusals: string[]): Promise<Printed> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const { exitCode, stdout, stderr } = await stack.mkt([...argv, "--json"]);
    if (exitCode === 0) return JSON.parse(stdout);
    expect(exitCode, stderr).toBe(6);
    expect(stderr).toMatch(NAMED);
    refusals.push(stderr);
  }
  throw new Error(`mkt ${argv.join(" ")} was refused ${ATTEMPTS_MAX} times`);
}

test(
  "stores go away in the middle of sales: repeated commands end each sale once",
  async () => {
    const sales = 4;
    const { id } = await stack.json<Printed>([
      ...["publish", "--title", "Chair", "--price", "9.00", "--stock", "100", "--as", seller],
    ]);
    const refusals: string[] = [];
    let over = false;
    const sell = async (number: number) => {
      const buy = ["buy", id, "--key", `middle-${number}`, "--as", buyer];
      const [order] = (await insist(buy, refusals)).orders;
      await insist(["pay", order?.id ?? "", "--card", "tok_approved", "--as", buyer], refusals);
      await insist(["ship", order?.id ?? "", "--as", seller], refusals);
      return order?.id ?? "";
    };
    const disturb = async () => {
      for (let round = 0; !over && round < DISTURBANCES_MAX; round += 1) {
        const store = DISTURBED[round % DISTURBED.length] ?? "aurora";
        await stack.json(["down", store]);
        await stack.json(["up", store]);
      }
    };
    const selling = Promise.all(Array.from({ length: sales }, (_, number) => sell(number)));
    const sold = selling.finally(() => {
      over = true;
    });
    const [orders] = await Promise.all([sold, disturb()]);
    expect(refusals.length).toBeGreaterThan(0);
    expect(new Set(orders).size).toBe(sales);

    for (const order of orders) {
      await stack.json(["order", "show", order, "--wait-for", "delivered"]);
      expect((await deps.payments.ofOrder(order)).map(({ state }) => state)).toEqual(["approved"]);
      expect(await deps.shipments.ofOrder(order)).toHaveLength(1);
    }
    const placed = await db
      .selectFrom("orderLine")
      .select("orderId")
      .where("publicationId", "=", id)
      .execute();
    expect(placed.map(({ orderId }) => orderId).sort()).toEqual(orders.sort());
    expect(await deps.publications.find(id)).toMatchObject({ stock: 100 - sales });
    await stack.json(["relay"]);
    expect([await deps.pages.get(id)]).toMatchObject(await deps.publications.pagesOf([id]));
  },
  TIMEOUT_MS,
);
