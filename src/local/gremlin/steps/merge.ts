import { isToken, type Token } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import type { Edge, Graph, Vertex } from "../graph.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { currentValue, onward, SEED, type Traverser } from "../traverser.ts";
import { equal, identity } from "../values.ts";
import { given, propertyValues } from "./modulate.ts";
import { setProperty, textId, textKey, textLabel, vertexOf } from "./mutate.ts";
import type { Run, StepFunction, StepTable } from "./step.ts";
import { idsOf } from "./walk.ts";

/** What a merge looks for: its map, sorted out. Keys are texts for properties. */
interface Wanted {
  id?: unknown;
  label?: unknown;
  outV?: unknown;
  inV?: unknown;
  properties: Map<string, unknown>;
}

type Field = "id" | "label" | "outV" | "inV";

const VERTEX_FIELDS: readonly Field[] = ["id", "label"];
const EDGE_FIELDS: readonly Field[] = ["id", "label", "outV", "inV"];

function wantedOf(map: unknown, fields: readonly Field[]): Wanted {
  if (map === null) return { properties: new Map() };
  if (!(map instanceof Map)) throw new GraphError("a merge wants a map");
  const wanted: Wanted = { properties: new Map() };
  for (const [key, value] of map) {
    const field = isToken(key) ? fieldOf(key) : undefined;
    if (field && fields.includes(field)) wanted[field] = value;
    else if (typeof key === "string") wanted.properties.set(textKey(key), value);
    else throw new GraphError(`a merge does not take the key ${identity(key)} here`);
  }
  return wanted;
}

function fieldOf({ of, name }: Token): Field | undefined {
  if (of === "T") return name === "id" || name === "label" ? name : undefined;
  if (of !== "Direction") return undefined;
  if (name === "OUT" || name === "from") return "outV";
  return name === "IN" || name === "to" ? "inV" : undefined;
}

/** The map of option(Merge.onCreate, …) or its like; undefined without one. */
function optionOf({ options }: Step, name: string, traverser: Traverser, run: Run): unknown {
  const found = options.find(([key]) => isToken(key, "Merge", name));
  return found && given(found[1], traverser, run);
}

/** What is made: the map and onCreate together, which may add but not contradict. */
function combined(wanted: Wanted, more: Wanted): Wanted {
  const properties = new Map(wanted.properties);
  for (const [key, value] of more.properties) {
    if (properties.has(key) && !equal(properties.get(key), value)) throw contradiction(key, value);
    properties.set(key, value);
  }
  const made: Wanted = { ...wanted, properties };
  for (const field of EDGE_FIELDS) {
    const [before, after] = [wanted[field], more[field]];
    if (after === undefined) continue;
    if (before !== undefined && !equal(idsOf([before]), idsOf([after])))
      throw contradiction(field, after);
    made[field] = after;
  }
  return made;
}

const contradiction = (key: string, value: unknown) =>
  new GraphError(
    `option(onCreate) cannot override values from merge() argument: (${key}, ${idsOf([value])[0]})`,
  );

const hasAll = (element: Vertex | Edge, { properties }: Wanted) =>
  [...properties].every(([key, value]) =>
    propertyValues(element, key).some((held) => equal(held, value)),
  );

interface Merge<Element extends Vertex | Edge> {
  fields: readonly Field[];
  find(wanted: Wanted, graph: Graph): Element[];
  create(wanted: Wanted, graph: Graph): Element;
}

const merge = <Element extends Vertex | Edge>({
  fields,
  find,
  create,
}: Merge<Element>): StepFunction =>
  function* (input, step, run) {
    if (step.options.some(([key]) => !isToken(key, "Merge"))) throw unknownStep("option() here");
    for (const traverser of input) {
      run.tick();
      const source = step.values.length > 0 ? given(step.values[0], traverser, run) : undefined;
      const map = step.values.length > 0 ? source : currentValue(traverser);
      const wanted = withEnds(wantedOf(map, fields), step, traverser, run);
      const found = find(wanted, run.graph);
      if (found.length > 0) {
        for (const element of found) {
          // After other steps onMatch sees what came to the merge, as onCreate does; at the start there is nothing.
          const from = traverser === SEED ? onward(traverser, element) : traverser;
          setAll(element, optionOf(step, "onMatch", from, run), run.graph);
          yield onward(traverser, element);
        }
        continue;
      }
      const onCreate = optionOf(step, "onCreate", traverser, run);
      const made = combined(wanted, wantedOf(onCreate ?? null, fields));
      const element = create(made, run.graph);
      setAll(element, made.properties, run.graph);
      yield onward(traverser, element);
    }
  };

function setAll(element: Vertex | Edge, properties: unknown, graph: Graph): void {
  if (properties === undefined || properties === null) return;
  if (!(properties instanceof Map)) throw new GraphError("a merge's option wants a map");
  for (const [key, value] of properties) {
    if (typeof key !== "string") throw new GraphError("option(onMatch) expects keys to be texts");
    setProperty(element, key, value, graph);
  }
}

/** Puts in the ends of an edge that option(Merge.outV, …) and option(Merge.inV, …) name. */
function withEnds(wanted: Wanted, step: Step, traverser: Traverser, run: Run): Wanted {
  const ends: Wanted = { ...wanted };
  for (const field of ["outV", "inV"] as const) {
    if (!isToken(wanted[field], "Merge")) continue;
    const end = optionOf(step, field, traverser, run);
    ends[field] = end instanceof Map ? wantedOf(end, VERTEX_FIELDS).id : end;
  }
  return ends;
}

const mergeV = merge<Vertex>({
  fields: VERTEX_FIELDS,
  find: (wanted, graph) => {
    const { id, label } = wanted;
    const candidates =
      id !== undefined
        ? [graph.vertices.get(textId(id))]
        : label !== undefined
          ? graph.verticesLabelled(textLabel(label))
          : graph.vertices.values();
    const fits = (vertex: Vertex | undefined): vertex is Vertex =>
      vertex !== undefined &&
      (label === undefined || vertex.label === label) &&
      hasAll(vertex, wanted);
    return [...candidates].filter(fits);
  },
  create: ({ id, label }, graph) =>
    graph.addVertex(
      id === undefined ? undefined : textId(id),
      label === undefined ? "vertex" : textLabel(label),
    ),
});

const mergeE = merge<Edge>({
  fields: EDGE_FIELDS,
  find: (wanted, graph) => {
    const { id, label } = wanted;
    const [outV] = idsOf([wanted.outV]);
    const [inV] = idsOf([wanted.inV]);
    const fits = (edge: Edge | undefined): edge is Edge =>
      edge !== undefined &&
      (label === undefined || edge.label === label) &&
      (outV === undefined || edge.outVertex.id === outV) &&
      (inV === undefined || edge.inVertex.id === inV) &&
      hasAll(edge, wanted);
    if (id !== undefined) return [graph.edges.get(textId(id))].filter(fits);
    return [...edgesFrom(outV, inV, graph)].filter(fits);
  },
  create: ({ id, label, outV, inV }, graph) => {
    if (outV === undefined) throw new GraphError("out vertex not specified: no edge can be made");
    if (inV === undefined) throw new GraphError("in vertex not specified: no edge can be made");
    if (label === undefined) throw new GraphError("label not specified: no edge can be made");
    const [from, to] = [vertexOf(outV, graph), vertexOf(inV, graph)];
    return graph.addEdge(id === undefined ? undefined : textId(id), textLabel(label), from, to);
  },
});

/** The edges between what is known of their ends. */
function edgesFrom(outV: unknown, inV: unknown, graph: Graph): Iterable<Edge> {
  const sets = (id: unknown, way: "out" | "in") =>
    [...(graph.vertices.get(String(id))?.[way].values() ?? [])].flatMap((edges) => [...edges]);
  if (outV !== undefined) return sets(outV, "out");
  return inV !== undefined ? sets(inV, "in") : graph.edges.values();
}

export const MERGES: StepTable = { mergeV, mergeE };
