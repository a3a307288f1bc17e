import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { createGraph, type Graph } from "./graph.ts";
import { decode, encode } from "./graphson.ts";

const FILE = "graph.ndjson";
const LINES_PER_WRITE = 1_000;

/** Values by key. A zod record would lose the key __proto__, which is as good as any other. */
const byKey = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
const list = z.array(z.unknown());
const headerLine = z.object({ vertices: z.number(), edges: z.number() });
const vertexLine = z.object({
  id: z.string(),
  label: z.string(),
  properties: byKey,
});
const edgeLine = z.object({
  id: z.string(),
  label: z.string(),
  from: z.string(),
  to: z.string(),
  properties: byKey,
});

/**
 * The graph that was last saved in a directory, or an empty one. What cannot be read is set aside: the graph can be
 * made again from the other stores, so it must not keep the engine from starting.
 */
export async function loadSnapshot(
  directory: string,
  maxElements: number,
  notice: (text: string) => void,
): Promise<Graph> {
  const path = join(directory, FILE);
  if (!existsSync(path)) return createGraph(maxElements);
  try {
    return await readSnapshot(path, maxElements);
  } catch (error) {
    renameSync(path, `${path}.unreadable`);
    notice(
      `the saved graph cannot be read and was set aside; mkt dump-graph fills it again (${error})`,
    );
    return createGraph(maxElements);
  }
}

async function readSnapshot(path: string, maxElements: number): Promise<Graph> {
  const graph = createGraph(maxElements);
  const lines = createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let header: z.infer<typeof headerLine> | undefined;
  for await (const line of lines) {
    const value: unknown = JSON.parse(line);
    if (!header) header = headerLine.parse(value);
    else if (graph.vertices.size < header.vertices) addVertex(graph, vertexLine.parse(value));
    else addEdge(graph, edgeLine.parse(value));
  }
  if (graph.vertices.size !== header?.vertices || graph.edges.size !== header.edges)
    throw new Error("it is not complete");
  return graph;
}

function addVertex(graph: Graph, { id, label, properties }: z.infer<typeof vertexLine>): void {
  const vertex = graph.addVertex(id, label);
  for (const [key, held] of Object.entries(properties)) {
    for (const value of list.parse(held))
      graph.setVertexProperty(vertex, key, decode(value), "list");
  }
}

function addEdge(graph: Graph, { id, label, from, to, properties }: z.infer<typeof edgeLine>) {
  const [outVertex, inVertex] = [graph.vertices.get(from), graph.vertices.get(to)];
  if (!outVertex || !inVertex) throw new Error(`the edge ${id} has no ends`);
  const edge = graph.addEdge(id, label, outVertex, inVertex);
  for (const [key, value] of Object.entries(properties))
    graph.setEdgeProperty(edge, key, decode(value));
}

/**
 * Saves the whole graph: one file, which replaces the one before in one step. Nothing else runs meanwhile, so that
 * the file is the graph of one moment.
 */
export function saveSnapshot(graph: Graph, directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `${FILE}.part`);
  const file = openSync(draft, "w", 0o600);
  try {
    let waiting: string[] = [];
    for (const line of linesOf(graph)) {
      waiting.push(line);
      if (waiting.length < LINES_PER_WRITE) continue;
      writeSync(file, `${waiting.join("\n")}\n`);
      waiting = [];
    }
    if (waiting.length > 0) writeSync(file, `${waiting.join("\n")}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, join(directory, FILE));
}

/** Counts first, then vertices, then edges; values are GraphSON, which keeps their types. */
function* linesOf({ vertices, edges }: Graph): Iterable<string> {
  yield JSON.stringify({ vertices: vertices.size, edges: edges.size });
  for (const { id, label, properties } of vertices.values()) {
    const held = [...properties].map(([key, values]) => [
      key,
      values.map(({ value }) => encode(value)),
    ]);
    yield JSON.stringify({ id, label, properties: Object.fromEntries(held) });
  }
  for (const { id, label, outVertex, inVertex, properties } of edges.values()) {
    const held = [...properties].map(([key, value]) => [key, encode(value)]);
    const ends = { from: outVertex.id, to: inVertex.id };
    yield JSON.stringify({ id, label, ...ends, properties: Object.fromEntries(held) });
  }
}
