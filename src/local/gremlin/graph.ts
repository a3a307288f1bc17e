import { GraphError } from "./graph-error.ts";
import { equal } from "./values.ts";

/** A vertex: one label, properties that may hold several values, and its edges by label. */
export interface Vertex {
  kind: "vertex";
  id: string;
  label: string;
  properties: Map<string, VertexProperty[]>;
  out: Map<string, Set<Edge>>;
  in: Map<string, Set<Edge>>;
}

export interface Edge {
  kind: "edge";
  id: string;
  label: string;
  outVertex: Vertex;
  inVertex: Vertex;
  properties: Map<string, unknown>;
}

export interface VertexProperty {
  kind: "vertexProperty";
  id: number;
  key: string;
  value: unknown;
  vertex: Vertex;
}

/** A property of an edge. */
export interface Property {
  kind: "property";
  key: string;
  value: unknown;
  edge: Edge;
}

export type Cardinality = "single" | "list" | "set";

export interface Graph {
  readonly vertices: ReadonlyMap<string, Vertex>;
  readonly edges: ReadonlyMap<string, Edge>;
  /** Counts every change: who has seen one number knows whether it is the same graph still. */
  changes(): number;
  verticesLabelled(label: string): ReadonlySet<Vertex>;
  addVertex(id: string | undefined, label: string): Vertex;
  addEdge(id: string | undefined, label: string, outVertex: Vertex, inVertex: Vertex): Edge;
  setVertexProperty(vertex: Vertex, key: string, value: unknown, cardinality: Cardinality): void;
  setEdgeProperty(edge: Edge, key: string, value: unknown): void;
  remove(removed: Vertex | Edge | VertexProperty | Property): void;
}

const NONE: ReadonlySet<Vertex> = new Set();

/** A property graph in memory, with indexes by id, label and adjacency. Refuses more than `maxElements`. */
export function createGraph(maxElements: number): Graph {
  const vertices = new Map<string, Vertex>();
  const edges = new Map<string, Edge>();
  const byLabel = new Map<string, Set<Vertex>>();
  let lastId = 0;
  let changes = 0;

  const newId = (taken: ReadonlyMap<string, unknown>): string => {
    do lastId += 1;
    while (taken.has(String(lastId)));
    return String(lastId);
  };
  const admit = (kind: string, id: string, taken: ReadonlyMap<string, unknown>) => {
    if (taken.has(id)) throw new GraphError(`${kind} with id already exists: ${id}`);
    if (vertices.size + edges.size >= maxElements) {
      throw new GraphError(`the embedded graph holds at most ${maxElements} vertices and edges`);
    }
    changes += 1;
  };
  const removeEdge = (edge: Edge) => {
    if (!edges.delete(edge.id)) return;
    leave(edge.outVertex.out, edge.label, edge);
    leave(edge.inVertex.in, edge.label, edge);
  };
  const removeVertex = (vertex: Vertex) => {
    for (const sets of [vertex.out, vertex.in]) {
      for (const set of [...sets.values()]) for (const edge of [...set]) removeEdge(edge);
    }
    vertices.delete(vertex.id);
    leave(byLabel, vertex.label, vertex);
  };
  const removeVertexProperty = (property: VertexProperty) => {
    const { vertex, key } = property;
    const rest = (vertex.properties.get(key) ?? []).filter((other) => other !== property);
    if (rest.length > 0) vertex.properties.set(key, rest);
    else vertex.properties.delete(key);
  };

  return {
    vertices,
    edges,
    changes: () => changes,
    verticesLabelled: (label) => byLabel.get(label) ?? NONE,

    addVertex(id = newId(vertices), label) {
      admit("Vertex", id, vertices);
      const vertex: Vertex = {
        kind: "vertex",
        id,
        label,
        properties: new Map(),
        out: new Map(),
        in: new Map(),
      };
      vertices.set(id, vertex);
      join(byLabel, label, vertex);
      return vertex;
    },

    addEdge(id = newId(edges), label, outVertex, inVertex) {
      admit("Edge", id, edges);
      const edge: Edge = { kind: "edge", id, label, outVertex, inVertex, properties: new Map() };
      edges.set(id, edge);
      join(outVertex.out, label, edge);
      join(inVertex.in, label, edge);
      return edge;
    },

    setVertexProperty(vertex, key, value, cardinality) {
      const before = cardinality === "single" ? [] : (vertex.properties.get(key) ?? []);
      if (cardinality === "set" && before.some((property) => equal(property.value, value))) return;
      changes += 1;
      lastId += 1;
      const property: VertexProperty = { kind: "vertexProperty", id: lastId, key, value, vertex };
      vertex.properties.set(key, [...before, property]);
    },

    setEdgeProperty(edge, key, value) {
      changes += 1;
      edge.properties.set(key, value);
    },

    remove(removed) {
      changes += 1;
      if (removed.kind === "vertex") removeVertex(removed);
      else if (removed.kind === "edge") removeEdge(removed);
      else if (removed.kind === "vertexProperty") removeVertexProperty(removed);
      else removed.edge.properties.delete(removed.key);
    },
  };
}

function join<T>(sets: Map<string, Set<T>>, key: string, member: T): void {
  const set = sets.get(key);
  if (set) set.add(member);
  else sets.set(key, new Set([member]));
}

function leave<T>(sets: Map<string, Set<T>>, key: string, member: T): void {
  const set = sets.get(key);
  if (set?.delete(member) && set.size === 0) sets.delete(key);
}
