import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type TestContext, test } from "vitest";
import { createGraph, type Graph } from "./graph.ts";
import { encode } from "./graphson.ts";
import { typed } from "./numbers.ts";
import { loadSnapshot, saveSnapshot } from "./snapshot.ts";

const MAX_ELEMENTS = 1_000;

function setup({ onTestFinished }: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "mkt-snapshot-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const notices: string[] = [];
  const load = () => loadSnapshot(directory, MAX_ELEMENTS, (text) => void notices.push(text));
  return { directory, notices, load };
}

const byKey = ([a]: unknown[], [b]: unknown[]) => (String(a) < String(b) ? -1 : 1);

/** All that a graph holds, as its answers would show it; the keys of an element have no order. */
function contents({ vertices, edges }: Graph): unknown {
  const values = (held: readonly { value: unknown }[]) => held.map(({ value }) => encode(value));
  return {
    vertices: [...vertices.values()].map(({ id, label, properties }) => [
      id,
      label,
      [...properties].map(([key, held]) => [key, values(held)]).sort(byKey),
    ]),
    edges: [...edges.values()].map(({ id, label, outVertex, inVertex, properties }) => [
      id,
      label,
      outVertex.id,
      inVertex.id,
      [...properties].map(([key, value]) => [key, encode(value)]).sort(byKey),
    ]),
  };
}

const aValue = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.integer().map((value) => typed(value, "Int32")),
  fc.maxSafeInteger().map((value) => typed(value, "Int64")),
  // JSON has no −0, which equals 0 anyway: adding 0 makes the one the other.
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => typed(value + 0, "Double")),
);
const aKey = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.constantFrom("__proto__", "constructor", "0"),
);

test("a graph comes back whole, every value with its type and every list in its order", async (t) => {
  const { directory, notices, load } = setup(t);
  const aVertex = fc.tuple(aKey, fc.array(fc.tuple(aKey, aValue), { maxLength: 6 }));
  const anEdge = fc.tuple(fc.nat(), fc.nat(), aKey, fc.array(fc.tuple(aKey, aValue)));
  const graphs = fc.tuple(
    fc.array(aVertex, { minLength: 1, maxLength: 8 }),
    fc.array(anEdge, { maxLength: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(graphs, async ([vertices, edges]) => {
      const graph = createGraph(MAX_ELEMENTS);
      const made = vertices.map(([label, properties]) => {
        const vertex = graph.addVertex(undefined, label);
        for (const [key, value] of properties) graph.setVertexProperty(vertex, key, value, "list");
        return vertex;
      });
      for (const [from, to, label, properties] of edges) {
        const [out, into] = [made[from % made.length], made[to % made.length]];
        if (!out || !into) continue;
        const edge = graph.addEdge(undefined, label, out, into);
        for (const [key, value] of properties) graph.setEdgeProperty(edge, key, value);
      }
      saveSnapshot(graph, directory);
      const loaded = contents(await load());
      t.expect(loaded).toEqual(contents(graph));
      t.expect(notices).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("what a killed save left behind is passed over, and gone after the next save", async (t) => {
  const { directory, notices, load } = setup(t);
  const graph = createGraph(MAX_ELEMENTS);
  graph.addVertex("n1", "node");
  saveSnapshot(graph, directory);
  const [file = ""] = readdirSync(directory);
  const whole = readFileSync(join(directory, file), "utf8");
  writeFileSync(join(directory, `${file}.part`), '{"vertices":2,"edges":0}\n{"id":"n1","la');

  const loaded = await load();
  t.expect([...loaded.vertices.keys()]).toEqual(["n1"]);
  t.expect(notices).toEqual([]);
  t.expect(readFileSync(join(directory, file), "utf8")).toBe(whole);

  loaded.addVertex("n2", "node");
  saveSnapshot(loaded, directory);
  t.expect(readdirSync(directory)).toEqual([file]);
  t.expect([...(await load()).vertices.keys()]).toEqual(["n1", "n2"]);
});

test("a save that fails leaves the graph of before", async (t) => {
  const { directory, load } = setup(t);
  const graph = createGraph(MAX_ELEMENTS);
  graph.addVertex("n1", "node");
  saveSnapshot(graph, directory);
  graph.addVertex("n2", "node");
  const [file = ""] = readdirSync(directory);
  mkdirSync(join(directory, `${file}.part`));
  t.expect(() => saveSnapshot(graph, directory)).toThrow();
  t.expect([...(await load()).vertices.keys()]).toEqual(["n1"]);
});
