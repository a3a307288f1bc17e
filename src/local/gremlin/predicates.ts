import { isPredicate, type Predicate } from "./bytecode.ts";
import { GraphError } from "./graph-error.ts";
import { isNumeric, numberOf } from "./numbers.ts";
import { compare, equal, rankOf } from "./values.ts";

/** A value never stands before or after one of another type, and nothing before or after NaN. */
const ordered = (test: (order: number) => boolean) => (a: unknown, b: unknown) =>
  rankOf(a) >= 0 &&
  rankOf(a) === rankOf(b) &&
  !isNotANumber(a) &&
  !isNotANumber(b) &&
  test(compare(a, b));
const gt = ordered((order) => order > 0);
const gte = ordered((order) => order >= 0);
const lt = ordered((order) => order < 0);
const lte = ordered((order) => order <= 0);

/** NaN is not even itself. */
function same(a: unknown, b: unknown): boolean {
  return equal(a, b) && !isNotANumber(a);
}

function isNotANumber(value: unknown): boolean {
  return isNumeric(value) && Number.isNaN(numberOf(value));
}

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
  eq: same,
  neq: (a, b) => !same(a, b),
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

/** Whether a value satisfies a predicate. */
export function satisfies(value: unknown, { name, value: operand }: Predicate): boolean {
  if (name === "and" || name === "or") {
    const holds = (part: Predicate) => satisfies(value, part);
    return name === "and" ? partsOf(operand).every(holds) : partsOf(operand).some(holds);
  }
  if (name === "not" && isPredicate(operand)) return !satisfies(value, operand);
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test)
    throw new GraphError(
      `the embedded graph does not know the predicate ${name}(); use a Gremlin Server or Neptune profile`,
    );
  return test(value, operand);
}

/**
 * The predicate with what its operands, names of something else, stand for; undefined where one stands for nothing.
 * Of a list of names the first counts, as in TinkerPop.
 */
export function withOperands(
  { kind, name, value: operand }: Predicate,
  meant: (name: unknown) => { value: unknown } | undefined,
): Predicate | undefined {
  if (name === "and" || name === "or") {
    const parts = partsOf(operand).map((part) => withOperands(part, meant));
    return parts.includes(undefined) ? undefined : { kind, name, value: parts };
  }
  if (name === "not" && isPredicate(operand)) {
    const inner = withOperands(operand, meant);
    return inner && { kind, name, value: inner };
  }
  const found = meant(Array.isArray(operand) ? operand[0] : operand);
  return found && { kind, name, value: found.value };
}

function partsOf(operand: unknown): Predicate[] {
  return (Array.isArray(operand) ? operand : []).filter(isPredicate);
}

/** Whether a value is this one, or satisfies this predicate. */
export function matches(value: unknown, wanted: unknown): boolean {
  return isPredicate(wanted) ? satisfies(value, wanted) : same(value, wanted);
}
