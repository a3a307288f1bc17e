import { kindOf } from "./bytecode.ts";
import { isNumeric, numberOf } from "./numbers.ts";

/** A key under which equal values meet: elements are equal by id, lists and maps by content. */
export function identity(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (isNumeric(value)) return `number:${numberOf(value)}`;
  if (typeof value !== "object") return `${typeof value}:${value}`;
  if (value instanceof Date) return `date:${value.getTime()}`;
  if (Array.isArray(value)) return `[${value.map(quoted).join(",")}]`;
  if (value instanceof Set) return `{${[...value].map(quoted).sort().join(",")}}`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${quoted(key)}:${quoted(item)}`);
    return `{${entries.sort().join(",")}}`;
  }
  return identityOfThing(value);
}

/** Quoted, so that no text can look like the border between two items. */
const quoted = (value: unknown) => JSON.stringify(identity(value));

function identityOfThing(value: object): string {
  if ("objects" in value) return `path:${identity(value.objects)}`;
  if ("of" in value && "name" in value) return `${value.of}.${value.name}`;
  if ("id" in value) {
    // A reference from the client is the element that it names.
    return `${"of" in value ? value.of : kindOf(value)}:${identity(value.id)}`;
  }
  if ("key" in value && "value" in value) return `${quoted(value.key)}=${quoted(value.value)}`;
  return `${kindOf(value)}`;
}

export const equal = (a: unknown, b: unknown): boolean => identity(a) === identity(b);

/** TinkerPop's order of types, for values that cannot be compared otherwise. */
const RANKS = [
  "null",
  "boolean",
  "number",
  "date",
  "string",
  "vertex",
  "edge",
  "vertexProperty",
  "property",
  "path",
  "set",
  "list",
  "map",
];

export function rankOf(value: unknown): number {
  return RANKS.indexOf(typeName(value));
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (isNumeric(value)) return "number";
  if (value instanceof Date) return "date";
  if (value instanceof Set) return "set";
  if (value instanceof Map) return "map";
  if (Array.isArray(value)) return "list";
  return kindOf(value) ?? typeof value;
}

/** Order of any two values: of one type by value, else by type. */
export function compare(a: unknown, b: unknown): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  const [x, y] = [sortKey(a), sortKey(b)];
  // NaN comes after all other numbers.
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -1 : x > y ? 1 : 0;
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = compare(a[index], b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function sortKey(value: unknown): number | string {
  if (isNumeric(value)) return numberOf(value);
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value === "object" && value !== null && "id" in value && typeof value.id === "number")
    return value.id;
  return identity(value);
}
