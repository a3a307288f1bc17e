import { isReference, type Reference, token } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import type { Graph, Property, VertexProperty } from "../graph.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { currentValue, pathOf, SEED, start, type Traverser } from "../traverser.ts";
import {
  describe,
  isEdge,
  isElement,
  isProperty,
  isVertex,
  modulated,
  tokenValue,
  turn,
} from "./modulate.ts";
import { itemsOf } from "./select-some.ts";
import { flat, one, type Run, type StepTable } from "./step.ts";

type ValueMap = Map<unknown, unknown>;

/** The properties of an element, of these keys or all. Throws GraphError for what has none. */
function propertiesOf(value: unknown, keys: readonly unknown[]): (VertexProperty | Property)[] {
  const named = new Set(keys.flat(1).map(String));
  if (!isElement(value)) throw new GraphError(`${describe(value)} has no properties`);
  if (value.kind === "vertexProperty") return [];
  const entries = [...value.properties].filter(([key]) => named.size === 0 || named.has(key));
  if (!isEdge(value)) return entries.flatMap(([, held]) => held as VertexProperty[]);
  return entries.map(([key, held]) => ({ kind: "property", key, value: held, edge: value }));
}

const TOKEN_BITS = { id: 1, label: 2, key: 4, value: 8 } as const;
const ALL_TOKENS = 15;

/** Which of T.id and its like valueMap() shows, as with(WithOptions.tokens) or its first argument says. */
function tokensOf({ settings, values }: Step): number {
  for (const [name, value] of settings) {
    if (name !== "~tinkerpop.valueMap.tokens") throw unknownStep(`with(${name})`);
    return typeof value === "number" ? value : ALL_TOKENS;
  }
  return values[0] === true ? ALL_TOKENS : 0;
}

function valueMap(value: unknown, step: Step, run: Run): ValueMap {
  const keys = step.values.filter((key) => typeof key !== "boolean");
  const map: ValueMap = tokens(value, tokensOf(step));
  for (const [index, [key, held]] of [...grouped(value, keys)].entries()) {
    const made = modulated(turn(step, index), start(held), run);
    if (made) map.set(key, made.value);
  }
  return map;
}

function tokens(value: unknown, wanted: number): ValueMap {
  const names = isProperty(value) ? (["id", "key", "value"] as const) : (["id", "label"] as const);
  const shown = names.filter((name) => wanted & TOKEN_BITS[name]);
  return new Map(shown.map((name) => [token("T", name), tokenValue(value, name)]));
}

/** Values by key; lists for vertices, whose properties may have several. */
function grouped(value: unknown, keys: readonly unknown[]): ValueMap {
  const map: ValueMap = new Map();
  for (const property of propertiesOf(value, keys)) {
    if (property.kind === "property") map.set(property.key, property.value);
    else map.set(property.key, [...((map.get(property.key) as unknown[]) ?? []), property.value]);
  }
  return map;
}

function elementMap(value: unknown, { values }: Step): ValueMap {
  const map = tokens(value, ALL_TOKENS);
  if (isEdge(value)) {
    map.set(token("Direction", "IN"), tokens(value.inVertex, ALL_TOKENS));
    map.set(token("Direction", "OUT"), tokens(value.outVertex, ALL_TOKENS));
  }
  for (const property of propertiesOf(value, values)) map.set(property.key, property.value);
  return map;
}

function propertyMap(value: unknown, { values }: Step): ValueMap {
  const map: ValueMap = new Map();
  for (const property of propertiesOf(value, values)) {
    const before = (map.get(property.key) as unknown[]) ?? [];
    map.set(property.key, isVertex(value) ? [...before, property] : property);
  }
  return map;
}

function* path(step: Step, run: Run, traverser: Traverser): Iterable<unknown> {
  const whole = pathOf(traverser);
  const made = whole.objects.map((object, index) =>
    modulated(turn(step, index), start(object), run),
  );
  if (made.every((one) => one !== undefined))
    yield { ...whole, objects: made.map((one) => one.value) };
}

/** The element that a client refers to; while there is none, the reference itself. */
function elementOf(reference: Reference, { vertices, edges }: Graph): unknown {
  const { of, id } = reference;
  return (of === "vertex" ? vertices : edges).get(String(id)) ?? reference;
}

const tokenOf = (name: string) => one((value) => tokenValue(value, name));

/** Steps that make values of values. */
export const MAPS: StepTable = {
  id: tokenOf("id"),
  label: tokenOf("label"),
  key: tokenOf("key"),
  value: tokenOf("value"),
  values: flat((value, { values }) => propertiesOf(value, values).map((held) => held.value)),
  properties: flat((value, { values }) => propertiesOf(value, values)),
  valueMap: one(valueMap),
  elementMap: one(elementMap),
  propertyMap: one(propertyMap),
  constant: one((_, { values }) => values[0]),
  loops: one((_, __, ___, { loops }) => loops),
  unfold: flat((value) => itemsOf(value) ?? [value]),
  path: flat((_, step, run, traverser) => path(step, run, traverser)),

  project: one((_, step, run, traverser) => {
    const map: ValueMap = new Map();
    for (const [index, key] of step.values.entries()) {
      const made = modulated(turn(step, index), traverser, run);
      if (made) map.set(key, made.value);
    }
    return map;
  }),

  inject: function* (input, { values }, { graph }) {
    for (const value of values) yield start(isReference(value) ? elementOf(value, graph) : value);
    for (const traverser of input) if (traverser !== SEED) yield traverser;
  },

  map: flat((_, { values: [inner] }, run, traverser) => {
    for (const result of run.inner(inner, traverser)) return [currentValue(result)];
    return [];
  }),

  flatMap: flat(function* (_, { values: [inner] }, run, traverser) {
    for (const result of run.inner(inner, traverser)) yield currentValue(result);
  }),
};
