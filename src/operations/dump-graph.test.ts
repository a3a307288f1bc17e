import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, type TestContext, test, vi } from "vitest";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { type Marketplace, testMarketplace } from "../testing/marketplace.ts";
import { alsoBought } from "./also-bought.ts";
import { answer, ask } from "./ask.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { dumpGraph } from "./dump-graph.ts";
import { pay } from "./pay.ts";
import { review } from "./review.ts";
import { ship } from "./ship.ts";

const WAIT_MS = 5_000;
const QUESTION = "Does the lamp come with a bulb?";
const ANSWER = "It does, a warm one";
const REVIEW = "Shines very well";

afterEach(() => vi.unstubAllEnvs());

interface Sale {
  publications: readonly string[];
  shipTo?: string;
  card?: string;
}

async function sell(buyer: Actor, sale: Sale, deps: Deps): Promise<string> {
  const { publications, shipTo = null, card = "tok_approved" } = sale;
  const wanted = publications.map((publication) => ({ publication, quantity: 2 }));
  const { id } = await buy({ actor: buyer, key: newId(), wanted, shipTo }, deps);
  if (card !== "none") await pay({ actor: buyer, target: id, card, waitMs: WAIT_MS }, deps);
  return id;
}

/** Two sellers, three publications, four buyers, seven purchases, one question and one review. */
async function marketplace(t: TestContext) {
  const market = await testMarketplace(t);
  const { deps } = market;
  const ana = await market.user("ana");
  const beto = await market.user("beto");
  const [carla, dora, eva, fay] = [
    await market.user("carla"),
    await market.user("dora"),
    await market.user("eva"),
    await market.user("fay"),
  ];
  const lamp = await market.publication(ana, { title: 'Lamp, "red"', stock: 50 });
  const chair = await market.publication(beto, {
    title: "Chair",
    stock: 50,
    categories: ["Lighting", "Furniture"],
  });
  const vase = await market.publication(beto, {
    title: "Vase",
    stock: 50,
    categories: ["Furniture"],
  });
  await sell(carla, { publications: [lamp.id, chair.id] }, deps);
  await sell(carla, { publications: [chair.id], card: "tok_approved_1881" }, deps);
  const shared = "CARLA'S STREÉT, 1";
  await sell(dora, { publications: [lamp.id, chair.id, vase.id], shipTo: shared }, deps);
  const reviewed = await sell(eva, { publications: [lamp.id] }, deps);
  await sell(fay, { publications: [chair.id, vase.id] }, deps);
  const cancelled = await sell(eva, { publications: [vase.id] }, deps);
  await sell(carla, { publications: [vase.id], card: "none" }, deps);

  await cancelOrder({ actor: beto, order: await onlyOrder(cancelled, deps), reason: "lost" }, deps);
  await deliver(market, await onlyOrder(reviewed, deps), ana, eva);
  const asked = await ask({ actor: fay, publication: lamp.id, text: QUESTION }, deps);
  await answer({ actor: ana, question: asked.id, answer: ANSWER }, deps);
  await market.relay();
  return { market, deps, analyst: await market.user("hugo", "analyst"), lamp, chair, vase, eva };
}

async function onlyOrder(purchaseId: string, deps: Deps): Promise<string> {
  const purchase = await deps.purchases.find(purchaseId);
  return purchase?.orders[0]?.id ?? "";
}

async function deliver(market: Marketplace, order: string, seller: Actor, buyer: Actor) {
  const { deps } = market;
  await ship({ actor: seller, order }, deps);
  await market.until(async () => (await deps.orders.find(order))?.state === "delivered");
  const words = { conforms: true, rating: 4, text: REVIEW };
  await review({ actor: buyer, order, lineNumber: 1, ...words }, deps);
}

const VERTICES = {
  user: 7,
  category: 2,
  publication: 3,
  purchase: 7,
  address: 3,
  instrument: 2,
  question: 1,
  review: 1,
};
const EDGES = {
  sells: 3,
  in_category: 4,
  placed: 7,
  contains: 11,
  ships_to: 7,
  paid_with: 6,
  bought: 8,
  asked: 1,
  about: 1,
  wrote: 1,
  reviews: 1,
};

test("the graph holds what was counted by hand, and answers who bought this also bought", async (t) => {
  const { deps, analyst, lamp, chair, vase, eva } = await marketplace(t);
  const first = await dumpGraph({ actor: analyst, load: true }, deps);
  expect(first).toMatchObject({ vertices: VERTICES, edges: EDGES });
  expect(await deps.graph.countByLabel()).toEqual({ vertices: VERTICES, edges: EDGES });
  expect(first.position).toBe(await deps.events.lastPosition());

  const items = [
    { id: chair.id, title: "Chair", buyers: 2 },
    { id: vase.id, title: "Vase", buyers: 1 },
  ];
  const answered = await alsoBought({ publication: lamp.id, limit: 10 }, deps);
  expect(answered.items).toEqual(items);
  expect(answered.query).toContain(`g.V('publication:${lamp.id}').in('bought').out('bought')`);
  expect((await alsoBought({ publication: lamp.id, limit: 1 }, deps)).items).toEqual([items[0]]);
  expect((await alsoBought({ publication: vase.id, limit: 10 }, deps)).items).toEqual([
    { id: chair.id, title: "Chair", buyers: 2 },
    { id: lamp.id, title: 'Lamp, "red"', buyers: 1 },
  ]);

  // What was cancelled is in the purchase still, and not among what was bought.
  const ofEva = (...edges: string[]) =>
    deps.graph.ask((g) =>
      edges
        .reduce((at, edge) => at.out(edge), g.V(`user:${eva.userId}`))
        .id()
        .toList(),
    );
  expect(await ofEva("bought")).toEqual([`publication:${lamp.id}`]);
  expect((await ofEva("placed", "contains")).sort()).toEqual(
    [`publication:${lamp.id}`, `publication:${vase.id}`].sort(),
  );

  const again = await dumpGraph({ actor: analyst, load: true }, deps);
  expect(again.files.map(({ name, sha256 }) => ({ name, sha256 }))).toEqual(
    first.files.map(({ name, sha256 }) => ({ name, sha256 })),
  );
  expect(await deps.graph.countByLabel()).toEqual({ vertices: VERTICES, edges: EDGES });
  expect((await alsoBought({ publication: lamp.id, limit: 10 }, deps)).items).toEqual(items);
  expect(await deps.graphSource.lastDump()).toMatchObject({
    id: again.id,
    position: again.position,
    manifestKey: again.manifestKey,
    vertices: 26,
    edges: 50,
  });
});

test("the files are as the manifest says, and nobody is in them", async (t) => {
  const { deps, analyst, market } = await marketplace(t);
  const temporary = await mkdtemp(join(tmpdir(), "mkt-test-"));
  t.onTestFinished(() => rm(temporary, { recursive: true }));
  vi.stubEnv("TMPDIR", temporary);
  const dump = await dumpGraph({ actor: analyst, load: false }, deps);
  expect(await readdir(temporary)).toEqual([]);

  const read = async (key: string) => Buffer.from((await deps.objects.getObject(key)).bytes);
  const manifest = JSON.parse(String(await read(dump.manifestKey)));
  const { manifestKey, ...listed } = dump;
  expect(manifestKey).toBe(`graph/${dump.id}/manifest.json`);
  expect(manifest).toEqual(listed);
  expect(dump.files).toHaveLength(19);
  let everything = "";
  for (const { key, bytes, sha256, rows } of dump.files) {
    const content = await read(key);
    expect(content.length).toBe(bytes);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
    expect(String(content).split("\r\n")).toHaveLength(rows + 2);
    everything += String(content);
  }
  expect(everything).toContain('"Lamp, ""red"""');
  expect(everything.toLowerCase()).not.toMatch(
    /ana|beto|carla|dora|eva|fay|hugo|@|example|street|streét/,
  );
  for (const text of [QUESTION, ANSWER, REVIEW]) expect(everything).not.toContain(text);
  expect(market.notices).toEqual([]);
});

test("without load the graph stays as it is", async (t) => {
  const market = await testMarketplace(t);
  const actor = await market.user("ana", "operator");
  await market.deps.graph.clear();
  const stray = { id: "user:0", label: "user", properties: {} };
  await market.deps.graph.mergeVertices([stray]);
  const { vertices } = await dumpGraph({ actor, load: false }, market.deps);
  expect(vertices.user).toBe(1);
  expect(await market.deps.graph.countByLabel()).toEqual({ vertices: { user: 1 }, edges: {} });
  expect(await market.deps.graph.ask((g) => g.V().id().toList())).toEqual(["user:0"]);
});

test("a dump is of one moment, whatever is sold meanwhile", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [actor, carla] = [await market.user("ana", "operator"), await market.user("carla")];
  const lamp = await market.publication(actor);
  const pages: Deps["pages"] = {
    ...deps.pages,
    // Users and categories have been read by now, purchases have not.
    getMany: async (ids) => {
      const vase = await market.publication(await market.user("dora"), { categories: ["Vases"] });
      await sell(carla, { publications: [lamp.id, vase.id] }, deps);
      await sell(await market.user("eva"), { publications: [lamp.id] }, deps);
      return deps.pages.getMany(ids);
    },
  };
  const dump = await dumpGraph({ actor, load: true }, { ...deps, pages });
  expect(dump.vertices).toMatchObject({ user: 2, category: 1, publication: 1, purchase: 0 });
  expect(dump.edges).toMatchObject({ sells: 1, in_category: 1, contains: 0, bought: 0 });
  await deps.events.sequence();
  const events = await deps.events.after(dump.position, 1_000);
  expect(events.map(({ type }) => type)).toContain("publication.published");
  const next = await dumpGraph({ actor, load: true }, deps);
  expect(next.vertices).toMatchObject({ user: 4, category: 2, publication: 2, purchase: 2 });
});

test("a graph that counts otherwise than the files is told, and is no dump", async (t) => {
  const market = await testMarketplace(t);
  const { deps } = market;
  const actor = await market.user("ana", "operator");
  await market.publication(actor);
  const graph: Deps["graph"] = {
    ...deps.graph,
    clear: () => deps.graph.clear(),
    mergeVertices: (rows) => deps.graph.mergeVertices(rows),
    mergeEdges: async () => deps.graph.mergeVertices([{ id: "x", label: "odd", properties: {} }]),
    countByLabel: () => deps.graph.countByLabel(),
  };
  await expect(dumpGraph({ actor, load: true }, { ...deps, graph })).rejects.toMatchObject({
    code: "check_failed",
    message:
      "the graph is not what was dumped: odd: 0 written, 1 in the graph; sells: 1 written, 0 in the graph; in_category: 1 written, 0 in the graph",
  });
  expect(await deps.graphSource.lastDump()).toBeUndefined();
});

test("is for operators and analysts", async (t) => {
  const market = await testMarketplace(t);
  for (const actor of [await market.user("ana"), await market.user("beto", "support")]) {
    await expect(dumpGraph({ actor, load: true }, market.deps)).rejects.toMatchObject({
      code: "not_allowed",
    });
  }
  expect(await market.deps.objects.listObjects("graph/")).toEqual([]);
});
