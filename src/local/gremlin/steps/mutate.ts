import { isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import type { Cardinality, Graph, Vertex } from "../graph.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { isNumeric } from "../numbers.ts";
import { currentValue, labelledValues, type Traverser } from "../traverser.ts";
import { describe, given, isEdge, isProperty, isVertex } from "./modulate.ts";
import { filter, one, type Run, type StepFunction, type StepTable } from "./step.ts";
import { idsOf } from "./walk.ts";

const DEFAULT_VERTEX_LABEL = "vertex";

/** T.id that property() gives to an element that is being made. */
function givenId({ options }: Step, traverser: Traverser, run: Run): string | undefined {
  if (options.some(([key]) => !isToken(key, "T", "id")))
    throw new GraphError("property() sets T.id of a new element, and no other token");
  const found = options.at(-1);
  return found && textId(given(found[1], traverser, run));
}

/** Ids are texts, as they are in Neptune. */
export function textId(id: unknown): string {
  if (typeof id === "string" && id !== "") return id;
  throw new GraphError("the embedded graph takes texts as ids");
}

export function textLabel(label: unknown): string {
  if (typeof label === "string" && label !== "") return label;
  throw new GraphError("a label is a text");
}

/** A vertex, or the one that an id or a reference names. */
export function vertexOf(value: unknown, graph: Graph): Vertex {
  if (isVertex(value)) return value;
  const [id] = idsOf([value]);
  const found = typeof id === "string" ? graph.vertices.get(id) : undefined;
  if (found) return found;
  throw new GraphError(`there is no vertex ${String(id)} for the edge to join`);
}

const addV = one((_, step, run, traverser) => {
  const [label = DEFAULT_VERTEX_LABEL] = step.values;
  const id = givenId(step, traverser, run);
  return run.graph.addVertex(id, textLabel(given(label, traverser, run)));
});

const addE = one((value, step, run, traverser) => {
  const end = (wanted: unknown): Vertex => {
    if (wanted === undefined) return vertexOf(value, run.graph);
    if (typeof wanted !== "string") return vertexOf(given(wanted, traverser, run), run.graph);
    const [labelled] = labelledValues(traverser, wanted);
    if (isVertex(labelled)) return labelled;
    throw new GraphError(`no vertex on the way is labelled ${wanted}`);
  };
  const label = textLabel(given(step.values[0], traverser, run));
  const id = givenId(step, traverser, run);
  return run.graph.addEdge(id, label, end(step.from), end(step.to));
});

const property: StepFunction = function* (input, { values }, run) {
  const cardinality = isToken(values[0], "Cardinality") ? values[0].name : undefined;
  const [key, value, ...meta] = cardinality ? values.slice(1) : values;
  if (meta.length > 0) throw unknownStep("property() with properties of the property");
  for (const traverser of input) {
    run.tick();
    const element = currentValue(traverser);
    const entries = key instanceof Map ? key : [[key, given(value, traverser, run)] as const];
    for (const [name, held] of entries)
      setProperty(element, name, held, run.graph, cardinality as Cardinality | undefined);
    yield traverser;
  }
};

/** Sets a property of a vertex or an edge; null removes it. */
export function setProperty(
  element: unknown,
  key: unknown,
  value: unknown,
  graph: Graph,
  cardinality?: Cardinality,
): void {
  if (typeof key !== "string" || key === "") throw new GraphError("a property's key is a text");
  if (!isVertex(element) && !isEdge(element))
    throw new GraphError(`${describe(element)} takes no properties`);
  if (isEdge(element) && cardinality)
    throw new GraphError(`property cardinality can only be set for a vertex: ${key}`);
  if (value === null || value === undefined) removeProperty(element, key, graph);
  else if (!isScalar(value))
    throw new GraphError(`the property ${key} is neither a text, a number, a truth nor a date`);
  else if (isVertex(element)) graph.setVertexProperty(element, key, value, cardinality ?? "single");
  else graph.setEdgeProperty(element, key, value);
}

function removeProperty(element: unknown, key: string, graph: Graph): void {
  if (isVertex(element)) for (const held of element.properties.get(key) ?? []) graph.remove(held);
  else if (isEdge(element) && element.properties.has(key))
    graph.remove({ kind: "property", key, value: undefined, edge: element });
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === "string" ||
    typeof value === "boolean" ||
    value instanceof Date ||
    isNumeric(value)
  );
}

const dropEach = filter((traverser, _, { graph }) => {
  const value = currentValue(traverser);
  if (!isVertex(value) && !isEdge(value) && !isProperty(value))
    throw new GraphError(`${describe(value)} cannot be removed`);
  graph.remove(value);
  return false;
});

/** Looks for all that it drops before it drops anything. */
const drop: StepFunction = function* (input, step, run, memory) {
  yield* dropEach([...input], step, run, memory);
};

export const MUTATIONS: StepTable = { addV, addE, property, drop };
