import { isReference, isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import type { Edge, Graph, Vertex } from "../graph.ts";
import { GraphError } from "../graph-error.ts";
import type { Traverser } from "../traverser.ts";
import { describe, isEdge, isVertex } from "./modulate.ts";
import { flat, one, type StepFunction, type StepTable } from "./step.ts";

type Way = "out" | "in";

/** What a set holds now: a traversal that adds to it does not walk what it adds. */
function* present<T>(members: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  for (const member of members) {
    if (left === 0) return;
    left -= 1;
    yield member;
  }
}

function* edgesOf(vertex: Vertex, way: Way, labels: readonly unknown[]): Iterable<Edge> {
  const sets =
    labels.length === 0
      ? [...vertex[way].values()]
      : [...new Set(labels)].flatMap((label) => vertex[way].get(String(label)) ?? []);
  for (const set of sets) yield* present(set, set.size);
}

function requireVertex(value: unknown, { name }: Step): Vertex {
  if (isVertex(value)) return value;
  throw new GraphError(`${name}() wants a vertex, not ${describe(value)}`);
}

function requireEdge(value: unknown, { name }: Step): Edge {
  if (isEdge(value)) return value;
  throw new GraphError(`${name}() wants an edge, not ${describe(value)}`);
}

const edges = (...ways: Way[]): StepFunction =>
  flat(function* (value, step) {
    const vertex = requireVertex(value, step);
    for (const way of ways) yield* edgesOf(vertex, way, step.values);
  });

const neighbours = (...ways: Way[]): StepFunction =>
  flat(function* (value, step) {
    const vertex = requireVertex(value, step);
    for (const way of ways) {
      for (const edge of edgesOf(vertex, way, step.values))
        yield way === "out" ? edge.inVertex : edge.outVertex;
    }
  });

/** The end of an edge that the traverser did not come from. */
function otherVertex(edge: Edge, { path }: Traverser): Vertex {
  for (let at = path?.before; at; at = at.before) {
    if (at.value === edge.outVertex) return edge.inVertex;
    if (at.value === edge.inVertex) return edge.outVertex;
  }
  throw new GraphError("the path history of the traverser does not contain a previous vertex");
}

/** Ids as they are given: texts, elements, or lists of them. */
export function idsOf(values: readonly unknown[]): unknown[] {
  return values.flat(1).map((id) => (isReference(id) || isVertex(id) || isEdge(id) ? id.id : id));
}

const V = flat((_, step, { graph }) =>
  step.values.length > 0
    ? found(graph.vertices, idsOf(step.values))
    : (narrowedVertices(step, graph) ?? present(graph.vertices.values(), graph.vertices.size)),
);

const E = flat((_, { values }, { graph }) =>
  values.length > 0
    ? found(graph.edges, idsOf(values))
    : present(graph.edges.values(), graph.edges.size),
);

function found<T>(all: ReadonlyMap<string, T>, ids: readonly unknown[]): T[] {
  return ids.flatMap((id) => (typeof id === "string" ? (all.get(id) ?? []) : []));
}

/** The vertices that the filters after V() can let through, where an index tells. */
function narrowedVertices({ narrowedBy }: Step, graph: Graph): Iterable<Vertex> | undefined {
  let labels: unknown[] | undefined;
  for (const { name, values } of narrowedBy) {
    const [first, second] = values;
    if (name === "hasId" || (values.length === 2 && isToken(first, "T", "id"))) {
      const ids = idsOf(name === "hasId" ? values : [second]);
      if (ids.every(isText)) return found(graph.vertices, [...new Set(ids)]);
    } else if (name === "hasLabel") labels ??= values;
    else if (values.length === 3) labels ??= [first];
    else if (isToken(first, "T", "label")) labels ??= [second];
  }
  if (!labels?.every(isText)) return undefined;
  const sets = [...new Set(labels)].map((label) => graph.verticesLabelled(label));
  return sets.flatMap((set) => [...set]);
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Steps that go from element to element. */
export const WALKS: StepTable = {
  V,
  E,
  out: neighbours("out"),
  in: neighbours("in"),
  both: neighbours("out", "in"),
  outE: edges("out"),
  inE: edges("in"),
  bothE: edges("out", "in"),
  outV: one((value, step) => requireEdge(value, step).outVertex),
  inV: one((value, step) => requireEdge(value, step).inVertex),
  bothV: flat((value, step) => {
    const { outVertex, inVertex } = requireEdge(value, step);
    return [outVertex, inVertex];
  }),
  otherV: one((value, step, _, traverser) => otherVertex(requireEdge(value, step), traverser)),
};
