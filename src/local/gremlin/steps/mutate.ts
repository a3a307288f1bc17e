import { isBytecode, isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import type { Cardinality, Graph, Vertex } from "../graph.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { isNumeric } from "../numbers.ts";
import { currentValue, labelledValues, type Traverser } from "../traverser.ts";
import { describe, given, isEdge, isProperty, isVertex } from "./modulate.ts";
import { filter, one, type Run, type StepFunction, type StepTable } from "./step.ts";
import { idsOf } from "./walk.ts";

const DEFAULT_VERTEX_LABEL = "vertex";
const DEFAULT_EDGE_LABEL = "edge";

/** T.id or T.label that property() gives to an element that is being made. */
function givenToken({ options }: Step, name: string, traverser: Traverser, run: Run): unknown {
  const found = options.findLast(([key]) => isToken(key, "T", name));
  return found && given(found[1], traverser, run);
}

function givenId(step: Step, traverser: Traverser, run: Run): string | undefined {
  const id = givenToken(step, "id", traverser, run);
  return id === undefined ? undefined : textId(id);
}

function givenLabel(step: Step, otherwise: string, traverser: Traverser, run: Run): string {
  const [label = otherwise] = step.values;
  const later = givenToken(step, "label", traverser, run);
  return textLabel(later ?? given(label, traverser, run));
}

/** What property() gives to an element that is being made, beside T.id and T.label. */
function givenProperties(step: Step, traverser: Traverser, run: Run): [unknown, unknown][] {
  const named = step.options.filter(([key]) => !isToken(key));
  return named.map(([key, value]) => [textKey(key), given(value, traverser, run)]);
}

/** Ids are texts, as they are in Neptune. */
export function textId(id: unknown): string {
  if (typeof id === "string" && id !== "") return id;
  throw new GraphError("the embedded graph takes texts as ids");
}

export function textLabel(label: unknown): string {
  if (typeof label === "string" && label !== "" && !isHidden(label)) return label;
  throw new GraphError("a label is a text that does not begin with ~");
}

export function textKey(key: unknown): string {
  if (typeof key === "string" && key !== "" && !isHidden(key)) return key;
  throw new GraphError("a property's key is a text that does not begin with ~");
}

/** Names such as ~id are the engine's own, also in the bulk loader's files. */
const isHidden = (name: string) => name.startsWith("~");

/** A vertex, or the one that an id or a reference names. */
export function vertexOf(value: unknown, graph: Graph): Vertex {
  if (isVertex(value)) return value;
  const [id] = idsOf([value]);
  const found = typeof id === "string" ? graph.vertices.get(id) : undefined;
  if (found) return found;
  throw new GraphError(`there is no vertex ${String(id)} for the edge to join`);
}

const addV = one((_, step, run, traverser) => {
  const label = givenLabel(step, DEFAULT_VERTEX_LABEL, traverser, run);
  const properties = givenProperties(step, traverser, run);
  const vertex = run.graph.addVertex(givenId(step, traverser, run), label);
  // As in TinkerPop, a key that is given twice while a vertex is made keeps both values.
  for (const [key, held] of properties) setProperty(vertex, key, held, run.graph, "list");
  return vertex;
});

const addE = one((value, step, run, traverser) => {
  const end = (wanted: unknown): Vertex => {
    if (wanted === undefined) return vertexOf(value, run.graph);
    if (typeof wanted !== "string") return vertexOf(given(wanted, traverser, run), run.graph);
    const [labelled] = labelledValues(traverser, wanted);
    if (isVertex(labelled)) return labelled;
    throw new GraphError(`no vertex on the way is labelled ${wanted}`);
  };
  const label = givenLabel(step, DEFAULT_EDGE_LABEL, traverser, run);
  const id = givenId(step, traverser, run);
  const properties = givenProperties(step, traverser, run);
  const edge = run.graph.addEdge(id, label, end(step.from), end(step.to));
  for (const [key, held] of properties) setProperty(edge, key, held, run.graph);
  return edge;
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
  const name = textKey(key);
  if (!isVertex(element) && !isEdge(element))
    throw new GraphError(`${describe(element)} takes no properties`);
  if (isEdge(element) && cardinality)
    throw new GraphError(`property cardinality can only be set for a vertex: ${name}`);
  if (isBytecode(value))
    throw new GraphError(
      `the value of ${name} is a traversal; for a cardinality use property(cardinality, key, value)`,
    );
  if (value === null || value === undefined) removeProperty(element, name, graph);
  else if (!isScalar(value))
    throw new GraphError(`the property ${name} is neither a text, a number, a truth nor a date`);
  else if (isVertex(element))
    graph.setVertexProperty(element, name, value, cardinality ?? "single");
  else graph.setEdgeProperty(element, name, value);
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
