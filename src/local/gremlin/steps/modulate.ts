import { isBytecode, isToken, kindOf } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import type { Edge, Property, Vertex, VertexProperty } from "../graph.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import type { Entry } from "../graphson.ts";
import { currentValue, type Traverser } from "../traverser.ts";
import type { Run } from "./step.ts";

export function isVertex(value: unknown): value is Vertex {
  return kindOf(value) === "vertex";
}

export function isEdge(value: unknown): value is Edge {
  return kindOf(value) === "edge";
}

export function isElement(value: unknown): value is Vertex | Edge | VertexProperty {
  return isVertex(value) || isEdge(value) || kindOf(value) === "vertexProperty";
}

export function isProperty(value: unknown): value is VertexProperty | Property {
  const kind = kindOf(value);
  return kind === "vertexProperty" || kind === "property";
}

function isEntry(value: unknown): value is Entry {
  return kindOf(value) === "entry";
}

/** What a value is, for messages. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (value instanceof Map) return "map";
  return kindOf(value) ?? (Array.isArray(value) ? "list" : typeof value);
}

/** The values that an element has under a key. Throws GraphError for what has no properties. */
export function propertyValues(element: unknown, key: string): unknown[] {
  if (isVertex(element)) return (element.properties.get(key) ?? []).map(({ value }) => value);
  if (isEdge(element)) return element.properties.has(key) ? [element.properties.get(key)] : [];
  if (isProperty(element)) return [];
  throw new GraphError(`${describe(element)} has no properties`);
}

/** T.id, T.label, T.key and T.value. Throws GraphError for what has none. */
export function tokenValue(value: unknown, name: string): unknown {
  if (name === "id" && isElement(value)) return value.id;
  if (name === "label" && isElement(value))
    return value.kind === "vertexProperty" ? value.key : value.label;
  if (name === "key" && (isProperty(value) || isEntry(value))) return value.key;
  if (name === "value" && (isProperty(value) || isEntry(value))) return value.value;
  throw new GraphError(`${describe(value)} has no ${name}`);
}

/** The keys or the values of a map, or of one entry of it. */
export function columnOf(value: unknown, name: string): unknown {
  if (isEntry(value)) return name === "keys" ? value.key : value.value;
  if (value instanceof Map) return name === "keys" ? new Set(value.keys()) : [...value.values()];
  throw new GraphError(`${describe(value)} has no ${name}`);
}

/**
 * What a by() makes of a traverser: itself, a property, a token or a traversal's first result. Undefined when it
 * makes nothing: the step then leaves the traverser out.
 */
export function modulated(
  by: readonly unknown[] | undefined,
  traverser: Traverser,
  run: Run,
): { value: unknown } | undefined {
  const [what] = by ?? [];
  const value = currentValue(traverser);
  if (what === undefined || isToken(what, "Order")) return { value };
  if (typeof what === "string") return propertyOf(value, what);
  if (isToken(what, "T")) return { value: tokenValue(value, what.name) };
  if (isToken(what, "Column")) return { value: columnOf(value, what.name) };
  if (!isBytecode(what)) throw unknownStep("by() with this argument");
  for (const result of run.inner(what, traverser)) return { value: currentValue(result) };
  return undefined;
}

function propertyOf(value: unknown, key: string): { value: unknown } | undefined {
  if (value instanceof Map) return value.has(key) ? { value: value.get(key) } : undefined;
  const found = propertyValues(value, key);
  if (found.length > 1)
    throw new GraphError(`there are several values of ${key}: a by() takes one`);
  return found.length === 1 ? { value: found[0] } : undefined;
}

/** The by() for the nth result: they go round. */
export function turn({ by }: Step, index: number): unknown[] | undefined {
  return by.length === 0 ? undefined : by[index % by.length];
}

/** A value that is given as it is, or by the first result of a traversal. */
export function given(value: unknown, traverser: Traverser, run: Run): unknown {
  if (!isBytecode(value)) return value;
  for (const result of run.inner(value, traverser)) return currentValue(result);
  throw new GraphError("the provided traverser does not map to a value");
}
