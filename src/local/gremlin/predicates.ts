import { isPredicate, type Predicate } from "./bytecode.ts";
import { GraphError } from "./graph-error.ts";
import { compare, equal, rankOf } from "./values.ts";

/** A value never stands before or after one of another type, nor before or after null. */
const ordered = (test: (order: number) => boolean) => (a: unknown, b: unknown) =>
  rankOf(a) > 0 && rankOf(a) === rankOf(b) && test(compare(a, b));
const gt = ordered((order) => order > 0);
const gte = ordered((order) => order >= 0);
const lt = ordered((order) => order < 0);
const lte = ordered((order) => order <= 0);

const text = (test: (a: string, b: string) => boolean) => (a: unknown, b: unknown) => {
  if (a === null || a === undefined) return false;
  if (typeof a !== "string" || typeof b !== "string")
    throw new GraphError("text predicates compare texts only");
  return test(a, b);
};

const range =
  (test: (a: unknown, low: unknown, high: unknown) => boolean) => (a: unknown, b: unknown) => {
    if (!Array.isArray(b) || b.length !== 2) throw new GraphError("a range has two ends");
    return test(a, b[0], b[1]);
  };

/** What within() and without() look in; a list within the list stands for its items. */
function items(b: unknown): unknown[] {
  const list = b instanceof Set ? [...b] : Array.isArray(b) ? b : [b];
  return list.flatMap((item) => (item instanceof Set ? [...item] : item));
}

const TESTS: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  eq: equal,
  neq: (a, b) => !equal(a, b),
  gt,
  gte,
  lt,
  lte,
  between: range((a, low, high) => gte(a, low) && lt(a, high)),
  inside: range((a, low, high) => gt(a, low) && lt(a, high)),
  outside: range((a, low, high) => lt(a, low) || gt(a, high)),
  within: (a, b) => items(b).some((item) => equal(a, item)),
  without: (a, b) => !items(b).some((item) => equal(a, item)),
  startingWith: text((a, b) => a.startsWith(b)),
  notStartingWith: text((a, b) => !a.startsWith(b)),
  endingWith: text((a, b) => a.endsWith(b)),
  notEndingWith: text((a, b) => !a.endsWith(b)),
  containing: text((a, b) => a.includes(b)),
  notContaining: text((a, b) => !a.includes(b)),
};

/** Whether a value satisfies a predicate. `replace` says what a predicate's own values stand for. */
export function satisfies(
  value: unknown,
  { name, value: operand }: Predicate,
  replace: (operand: unknown) => unknown = (same) => same,
): boolean {
  if (name === "and" || name === "or") {
    const parts = (Array.isArray(operand) ? operand : []).filter(isPredicate);
    const holds = (part: Predicate) => satisfies(value, part, replace);
    return name === "and" ? parts.every(holds) : parts.some(holds);
  }
  if (name === "not" && isPredicate(operand)) return !satisfies(value, operand, replace);
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test)
    throw new GraphError(
      `the embedded graph does not know the predicate ${name}(); use a Gremlin Server or Neptune profile`,
    );
  return test(value, Array.isArray(operand) ? operand.map(replace) : replace(operand));
}

/** Whether a value is this one, or satisfies this predicate. */
export function matches(value: unknown, wanted: unknown): boolean {
  return isPredicate(wanted) ? satisfies(value, wanted) : equal(value, wanted);
}
