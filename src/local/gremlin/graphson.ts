import type { Bytecode, Instruction, Predicate, Reference, Token } from "./bytecode.ts";
import { token } from "./bytecode.ts";
import type { Edge, Property, Vertex, VertexProperty } from "./graph.ts";
import { FAILURE, GraphError } from "./graph-error.ts";
import { isNumeric, numberOf, typed, typeOf } from "./numbers.ts";
import type { Path } from "./traverser.ts";

/** One entry of a map that was unfolded. */
export interface Entry {
  kind: "entry";
  key: unknown;
  value: unknown;
}

const ENUMERATIONS = new Set(
  "T Order Cardinality Scope Column Direction Merge Pop Pick".split(" ").map((name) => `g:${name}`),
);
const DEPTH_MAX = 100;

/** A GraphSON 3 value as the evaluator has it. Throws GraphError for what is malformed or not served. */
export function decode(value: unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw malformed("it is nested too deeply");
  const inner = (item: unknown) => decode(item, depth + 1);
  if (typeof value === "number")
    return Number.isInteger(value) ? decodeNumber("Int32", value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(inner);
  if (!("@type" in value))
    return new Map(Object.entries(value).map(([key, item]) => [key, inner(item)]));
  const type = String(value["@type"]);
  const content: unknown = "@value" in value ? value["@value"] : undefined;
  switch (type) {
    case "g:Int32":
    case "g:Int64":
    case "g:Double":
    case "g:Float":
      return decodeNumber(type.slice("g:".length), content);
    case "g:UUID":
      return String(content);
    case "g:Date":
    case "g:Timestamp":
      return new Date(Number(content));
    case "g:List":
      return listOf(content).map(inner);
    case "g:Set":
      return new Set(listOf(content).map(inner));
    case "g:Map":
      return decodeMap(listOf(content), inner);
    case "g:Bytecode":
      return decodeBytecode(content, inner);
    case "g:P":
    case "g:TextP": {
      const name = String(field(content, "predicate"));
      return { kind: "predicate", name, value: inner(field(content, "value")) } satisfies Predicate;
    }
    case "g:Vertex":
    case "g:Edge": {
      const of = type === "g:Vertex" ? "vertex" : "edge";
      return { kind: "reference", of, id: inner(field(content, "id")) } satisfies Reference;
    }
    default:
      if (ENUMERATIONS.has(type)) return token(type.slice("g:".length), String(content));
      throw new GraphError(`the embedded graph does not know values of type ${type}`);
  }
}

function decodeNumber(type: string, content: unknown): unknown {
  const number = Number(content);
  if (type === "Double" || type === "Float") return typed(number, "Double");
  return typed(number, type === "Int64" ? "Int64" : "Int32");
}

function decodeMap(flat: readonly unknown[], inner: (item: unknown) => unknown) {
  const map = new Map<unknown, unknown>();
  for (let index = 0; index < flat.length; index += 2)
    map.set(inner(flat[index]), inner(flat[index + 1]));
  return map;
}

function decodeBytecode(content: unknown, inner: (item: unknown) => unknown): Bytecode {
  const instructions = (name: string) =>
    listOf(field(content, name) ?? []).map((instruction): Instruction => {
      const [step, ...given] = listOf(instruction);
      return [String(step), ...given.map(inner)];
    });
  return { kind: "bytecode", sources: instructions("source"), steps: instructions("step") };
}

function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed("a list was expected");
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

const malformed = (why: string) =>
  new GraphError(`the request is not valid GraphSON 3: ${why}`, FAILURE.malformed);

/** A result as GraphSON 3. `bare` elements come without their properties, as in a path. */
export function encode(value: unknown, bare = false): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (isNumeric(value)) return encodeNumber(typeOf(value), numberOf(value));
  if (value instanceof Date) return { "@type": "g:Date", "@value": value.getTime() };
  const inner = (item: unknown) => encode(item, bare);
  if (Array.isArray(value)) return { "@type": "g:List", "@value": value.map(inner) };
  if (value instanceof Set) return { "@type": "g:Set", "@value": [...value].map(inner) };
  if (value instanceof Map) {
    return { "@type": "g:Map", "@value": [...value].flatMap((entry) => entry.map(inner)) };
  }
  return encodeThing(
    value as Vertex | Edge | VertexProperty | Property | Entry | Token | Path,
    bare,
  );
}

function encodeNumber(type: string, value: number): unknown {
  return { "@type": `g:${type}`, "@value": Number.isFinite(value) ? value : String(value) };
}

function encodeThing(
  value: Vertex | Edge | VertexProperty | Property | Entry | Token | Path,
  bare: boolean,
): unknown {
  switch (value.kind) {
    case "vertex": {
      const { id, label, properties } = value;
      const held = [...properties].map(([key, list]) => [key, list.map((one) => encode(one))]);
      const all = bare || held.length === 0 ? {} : { properties: Object.fromEntries(held) };
      return { "@type": "g:Vertex", "@value": { id, label, ...all } };
    }
    case "edge": {
      const { id, label, inVertex, outVertex, properties } = value;
      const ends = {
        inVLabel: inVertex.label,
        outVLabel: outVertex.label,
        inV: inVertex.id,
        outV: outVertex.id,
      };
      const held = [...properties].map(([key, one]) => [key, encodeProperty(key, one)]);
      const all = bare || held.length === 0 ? {} : { properties: Object.fromEntries(held) };
      return { "@type": "g:Edge", "@value": { id, label, ...ends, ...all } };
    }
    case "vertexProperty": {
      const { id, key, value: held } = value;
      const content = { id: encodeNumber("Int64", id), value: encode(held), label: key };
      return { "@type": "g:VertexProperty", "@value": content };
    }
    case "property":
      return encodeProperty(value.key, value.value);
    case "entry":
      return { "@type": "g:Map", "@value": [encode(value.key, bare), encode(value.value, bare)] };
    case "token":
      return { "@type": `g:${value.of}`, "@value": value.name };
    case "path": {
      const labels = encode(value.labels.map((labels) => new Set(labels)));
      return { "@type": "g:Path", "@value": { labels, objects: encode([...value.objects], true) } };
    }
  }
}

function encodeProperty(key: string, value: unknown): unknown {
  return { "@type": "g:Property", "@value": { key, value: encode(value) } };
}
