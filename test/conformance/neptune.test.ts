import gremlin from "gremlin";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { EdgeRow, VertexRow } from "../../src/domain/graph-rows.ts";
import { alsoBought } from "../../src/graph/also-bought.ts";
import { edgeId, vertexId } from "../../src/graph/vocabulary.ts";
import type { GraphStore } from "../../src/stores/neptune/graph.ts";
import { plain, testGraph, testGraphUrl } from "../../src/testing/neptune.ts";
import type { Case, Source, Traversal } from "./neptune/case.ts";
import { BRANCHES, GROUPING, ORDERED } from "./neptune/computing.ts";
import { FILTERS, LABELS, VALUES, WALKS } from "./neptune/reading.ts";
import { REFUSALS, WRITES } from "./neptune/writing.ts";

const { statics: __ } = gremlin.process;

let graph: GraphStore & AsyncDisposable;

beforeAll(async () => {
  graph = await testGraph();
});
afterAll(() => graph[Symbol.asyncDispose]());

const vertex = (id: string, label: string, properties: VertexRow["properties"]): VertexRow => ({
  id,
  label,
  properties,
});
const edge = (id: string, label: string, from: string, to: string, weight: number): EdgeRow => ({
  id,
  label,
  from,
  to,
  properties: { weight },
});

/** Ana follows Beto and Caro; Ana, Caro and Dani like the lamp, Caro the vase too. */
async function load(): Promise<void> {
  await graph.clear();
  await graph.mergeVertices([
    vertex("u1", "user", { name: "ana", points: 29 }),
    vertex("u2", "user", { name: "beto", points: 27 }),
    vertex("u4", "user", { name: "caro", points: 32 }),
    vertex("u6", "user", { name: "dani", points: 35 }),
    vertex("p3", "publication", { name: "lamp", colour: "red" }),
    vertex("p5", "publication", { name: "vase", colour: "red" }),
  ]);
  await graph.mergeEdges([
    edge("f7", "follows", "u1", "u2", 0.5),
    edge("f8", "follows", "u1", "u4", 1.5),
    edge("l9", "likes", "u1", "p3", 0.4),
    edge("l10", "likes", "u4", "p5", 1),
    edge("l11", "likes", "u4", "p3", 0.4),
    edge("l12", "likes", "u6", "p3", 0.2),
  ]);
}

const list = (traversal: (g: Source) => Traversal): Promise<unknown[]> =>
  graph.ask(async (g) => (await traversal(g).toList()).map(plain));

/** Neither results nor the keys of maps have an order, unless they are given one. */
const sorted = (values: readonly unknown[]) =>
  values.map((value) => JSON.stringify(value, keysInOrder)).sort();

const keysInOrder = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const inAnyOrder = (cases: readonly Case[]) =>
  test.for(cases)("%s", async ([, traversal, expected]) => {
    expect(sorted(await list(traversal))).toEqual(sorted(expected));
  });

const inOrder = (cases: readonly Case[]) =>
  test.for(cases)("%s", async ([, traversal, expected]) => {
    expect(await list(traversal)).toEqual(expected);
  });

/** What a traversal gives as GraphSON, with its types. */
async function onTheWire(step: unknown[]): Promise<{ frames: number; values: unknown[] }> {
  const socket = new WebSocket(await testGraphUrl());
  const type = "application/vnd.gremlin-v3.0+json";
  const request = {
    requestId: { "@type": "g:UUID", "@value": crypto.randomUUID() },
    op: "bytecode",
    processor: "traversal",
    args: { gremlin: { "@type": "g:Bytecode", "@value": { step } }, aliases: { g: "g" } },
  };
  socket.on("open", () =>
    socket.send(
      Buffer.from(`${String.fromCharCode(type.length)}${type}${JSON.stringify(request)}`),
    ),
  );
  const values: unknown[] = [];
  let frames = 0;
  for await (const data of messages(socket)) {
    const { status, result } = JSON.parse(data);
    frames += 1;
    for (const one of result.data?.["@value"] ?? []) values.push(one["@value"].value);
    if (status.code !== 206) break;
  }
  return { frames, values };
}

async function* messages(socket: WebSocket): AsyncIterable<string> {
  const waiting: string[] = [];
  let wake = () => {};
  socket.on("message", (data) => {
    waiting.push(String(data));
    wake();
  });
  try {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    socket.close();
  }
}

const typed = (type: string, value: number) => ({ "@type": `g:${type}`, "@value": value });

describe("reading", () => {
  beforeAll(load);

  describe("elements and walks", () => inAnyOrder(WALKS));

  describe("filters", () => inAnyOrder(FILTERS));

  describe("labels, where() and select()", () => inAnyOrder(LABELS));

  describe("values", () => inAnyOrder(VALUES));

  describe("counting and grouping", () => inAnyOrder(GROUPING));

  describe("order and choice", () => inOrder(ORDERED));

  describe("branches", () => inAnyOrder(BRANCHES));
});

describe("writing", () => {
  beforeEach(load);

  inAnyOrder(WRITES);

  test("drop() takes a vertex with its edges", async () => {
    expect(await list((g) => g.V("p3").drop())).toEqual([]);
    expect(await graph.countByLabel()).toEqual({
      vertices: { user: 4, publication: 1 },
      edges: { follows: 2, likes: 1 },
    });
  });

  test("drop() takes an edge or a property alone", async () => {
    await graph.ask((g) => g.V("u1").outE("follows").drop().iterate());
    await graph.ask((g) => g.V("u1").properties("points").drop().iterate());
    await graph.ask((g) => g.E("l9").properties("weight").drop().iterate());
    expect(await list((g) => g.V("u1").out())).toEqual(["p3"]);
    expect(await list((g) => g.V("u1").valueMap())).toEqual([{ name: ["ana"] }]);
    expect(await list((g) => g.E("l9").valueMap())).toEqual([{}]);
  });

  test.for(REFUSALS)("refuses %s", async ([, traversal]) => {
    await expect(list(traversal)).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("the wire", () => {
  beforeAll(load);

  test.for<[string, unknown[], unknown]>([
    ["a count", [["V"], ["count"]], typed("Int64", 6)],
    [
      "a number that was stored",
      [
        ["V", "u1"],
        ["values", "points"],
      ],
      typed("Int32", 29),
    ],
    ["a sum of whole numbers", [["V"], ["values", "points"], ["sum"]], typed("Int64", 123)],
    ["a sum of fractions", [["E"], ["values", "weight"], ["sum"]], typed("Double", 4)],
    ["a mean", [["inject", 1, 3], ["mean"]], typed("Double", 2)],
    ["a number beyond 32 bits", [["inject", 3_000_000_000]], typed("Int64", 3_000_000_000)],
    [
      "an edge",
      [["E", "f7"]],
      {
        "@type": "g:Edge",
        "@value": {
          id: "f7",
          label: "follows",
          outV: "u1",
          outVLabel: "user",
          inV: "u2",
          inVLabel: "user",
          properties: {
            weight: {
              "@type": "g:Property",
              "@value": { key: "weight", value: typed("Double", 0.5) },
            },
          },
        },
      },
    ],
    [
      "a path",
      [["V", "u1"], ["as", "a"], ["out", "likes"], ["path"]],
      {
        "@type": "g:Path",
        "@value": {
          labels: {
            "@type": "g:List",
            "@value": [
              { "@type": "g:Set", "@value": ["a"] },
              { "@type": "g:Set", "@value": [] },
            ],
          },
          objects: {
            "@type": "g:List",
            "@value": [
              { "@type": "g:Vertex", "@value": { id: "u1", label: "user" } },
              { "@type": "g:Vertex", "@value": { id: "p3", label: "publication" } },
            ],
          },
        },
      },
    ],
  ])("types %s", async ([, steps, expected]) => {
    expect((await onTheWire(steps)).values).toEqual([expected]);
  });

  test("gives a vertex with its properties", async () => {
    const [vertex] = (await onTheWire([["V", "u1"]])).values;
    expect(vertex).toMatchObject({
      "@type": "g:Vertex",
      "@value": {
        id: "u1",
        label: "user",
        properties: { points: [{ "@value": { label: "points", value: typed("Int32", 29) } }] },
      },
    });
  });

  test("sends many results in frames of 64", async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const { frames, values } = await onTheWire([["inject", ...numbers]]);
    expect(frames).toBe(4);
    expect(values).toEqual(numbers.map((number) => typed("Int32", number)));
  });
});

describe("the store", () => {
  beforeEach(load);

  test("merging again changes nothing but the properties given", async () => {
    const before = await graph.countByLabel();
    await graph.mergeVertices([vertex("u1", "user", { points: 30 })]);
    await graph.mergeEdges([edge("f7", "follows", "u1", "u2", 0.75)]);
    expect(await graph.countByLabel()).toEqual(before);
    expect(await list((g) => g.V("u1").valueMap())).toEqual([{ name: ["ana"], points: [30] }]);
    expect(await list((g) => g.E("f7").values("weight"))).toEqual([0.75]);
  });

  test("merges more than one request holds, and clears it all", async () => {
    const ids = Array.from({ length: 1_203 }, (_, index) => `n${index}`);
    await graph.mergeVertices(ids.map((id) => vertex(id, "node", { a: 1, b: "2", c: true })));
    await graph.mergeEdges(ids.map((id) => edge(`e-${id}`, "next", id, "n0", 1)));
    expect(await graph.countByLabel()).toEqual({
      vertices: { user: 4, publication: 2, node: 1_203 },
      edges: { follows: 2, likes: 4, next: 1_203 },
    });
    await graph.clear();
    expect(await graph.countByLabel()).toEqual({ vertices: {}, edges: {} });
  });

  test("keeps the type of each property", async () => {
    const properties = { text: "ñ\u2028'\"", int: -7, long: 12n, double: 0.25, no: false };
    const at = new Date("2026-02-03T04:05:06.007Z");
    await graph.mergeVertices([vertex("n1", "node", { ...properties, at })]);
    expect(await list((g) => g.V("n1").valueMap().by(__.unfold()))).toEqual([
      { ...properties, long: 12, at },
    ]);
    const typesOf = (key: string) =>
      onTheWire([
        ["V", "n1"],
        ["values", key],
      ]);
    expect((await typesOf("int")).values).toEqual([typed("Int32", -7)]);
    expect((await typesOf("long")).values).toEqual([typed("Int64", 12)]);
    expect((await typesOf("double")).values).toEqual([typed("Double", 0.25)]);
  });

  test("who bought this also bought: the most buyers first, then by id", async () => {
    const bought: Record<string, string[]> = {
      ana: ["lamp", "vase", "chair"],
      beto: ["lamp", "vase", "bench"],
      caro: ["lamp"],
      dani: ["chair", "rug"],
    };
    const sales = Object.entries(bought).flatMap(([buyer, publications]) =>
      publications.map((publication) => [buyer, publication] as const),
    );
    await graph.mergeVertices([
      ...Object.keys(bought).map((id) => vertex(vertexId("user", id), "user", {})),
      ...sales.map(([, id]) => vertex(vertexId("publication", id), "publication", {})),
    ]);
    await graph.mergeEdges(
      sales.map(([buyer, publication]) => ({
        id: edgeId("bought", buyer, publication),
        label: "bought",
        from: vertexId("user", buyer),
        to: vertexId("publication", publication),
        properties: {},
      })),
    );
    const ask = async (id: string, limit: number) => (await graph.ask(alsoBought(id, limit))).items;
    expect(await ask("lamp", 10)).toEqual([
      { publicationId: "vase", buyers: 2 },
      { publicationId: "bench", buyers: 1 },
      { publicationId: "chair", buyers: 1 },
    ]);
    expect(await ask("lamp", 1)).toEqual([{ publicationId: "vase", buyers: 2 }]);
    expect(await ask("nothing", 10)).toEqual([]);
    expect((await graph.ask(alsoBought("lamp", 3))).query).toBe(
      "g.V('publication:lamp').in('bought').out('bought').hasId(neq('publication:lamp'))" +
        ".groupCount().by(id).unfold().order().by(values, desc).by(keys).limit(3)",
    );
  });
});
