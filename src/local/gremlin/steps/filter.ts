import { isBytecode, isPredicate, isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { matches, satisfies, withOperands } from "../predicates.ts";
import { currentValue, onward, pathOf, start, type Traverser } from "../traverser.ts";
import { equal, identity } from "../values.ts";
import { modulated, propertyValues, tokenValue, turn } from "./modulate.ts";
import { scopeValue } from "./scope.ts";
import { filter, type Run, type StepTable } from "./step.ts";
import { idsOf } from "./walk.ts";

/** Several given values mean any of them. */
const tokenIsAny = (name: string) =>
  filter((traverser, { values }) => {
    const value = tokenValue(currentValue(traverser), name);
    return idsOf(values).some((wanted) => matches(value, wanted));
  });

function has(traverser: Traverser, { values }: Step, run: Run): boolean {
  const value = currentValue(traverser);
  const [first, second, third] = values;
  if (values.length === 3)
    return matches(tokenValue(value, "label"), first) && hasKey(value, second, third, run);
  if (values.length === 2) return hasKey(value, first, second, run);
  if (typeof first !== "string") throw unknownStep("has() with this argument");
  return propertyValues(value, first).length > 0;
}

function hasKey(value: unknown, key: unknown, wanted: unknown, run: Run): boolean {
  const holds = (found: unknown) =>
    isBytecode(wanted) ? run.holds(wanted, start(found)) : matches(found, wanted);
  if (typeof key === "string") return propertyValues(value, key).some(holds);
  if (!isToken(key, "T")) throw unknownStep("has() with this key");
  const found = tokenValue(value, key.name);
  return isBytecode(wanted) ? holds(found) : idsOf([wanted]).some((id) => matches(found, id));
}

/** where(P), where("a", P): a predicate's texts are names of what was seen before; the by()s go round all of them. */
function whereMatches(traverser: Traverser, step: Step, run: Run): boolean {
  const [first, second] = step.values;
  const predicate = step.values.length === 2 ? second : first;
  if (!isPredicate(predicate)) throw unknownStep("where() with this argument");
  const left = step.values.length === 2 ? start(named(traverser, first, run)) : traverser;
  const made = modulated(turn(step, 0), left, run);
  if (!made) return false;
  let turns = 0;
  const meant = withOperands(predicate, (name) => {
    turns += 1;
    return modulated(turn(step, turns), start(named(traverser, name, run)), run);
  });
  return meant !== undefined && satisfies(made.value, meant);
}

function named(traverser: Traverser, name: unknown, run: Run): unknown {
  const found = scopeValue(traverser, String(name), run);
  if (found) return found.value;
  throw new GraphError(`neither the map, the side effects nor the path has the key ${name}`);
}

/** where(traversal): as() at its start says where to begin, as() at its end what must be reached. */
function whereLeads(traversal: unknown, traverser: Traverser, run: Run): boolean {
  const steps = run.stepsOf(traversal);
  const [first] = steps;
  const last = steps.at(-1);
  if (steps.length === 1 && first && isConnective(first)) return connects(first, traverser, run);
  const startLabel = first?.name === "identity" ? first.labels[0] : undefined;
  const endLabel = steps.length > 1 || startLabel === undefined ? last?.labels[0] : undefined;
  const from =
    startLabel === undefined ? traverser : onward(traverser, named(traverser, startLabel, run));
  const ends = endLabel === undefined ? undefined : named(traverser, endLabel, run);
  for (const result of run.chain(steps, [from], new Map())) {
    if (endLabel === undefined || equal(currentValue(result), ends)) return true;
  }
  return false;
}

const isConnective = ({ name }: Step) => name === "and" || name === "or" || name === "not";

function connects({ name, values }: Step, traverser: Traverser, run: Run): boolean {
  const holds = (traversal: unknown) => whereLeads(traversal, traverser, run);
  if (name === "or") return values.some(holds);
  return name === "and" ? values.every(holds) : !values.some(holds);
}

/** Whether a path comes twice to the same; a path of which a by() makes nothing is neither. */
const pathRepeats = (wanted: boolean) =>
  filter((traverser, step, run) => {
    if (step.values.length > 0) throw unknownStep(`${step.name}() with arguments`);
    const keys: string[] = [];
    for (const [index, value] of pathOf(traverser).objects.entries()) {
      const made = modulated(turn(step, index), start(value), run);
      if (!made) return false;
      keys.push(identity(made.value));
    }
    return new Set(keys).size < keys.length === wanted;
  });

/** Steps that let traversers through or not, each by itself. */
export const FILTERS: StepTable = {
  has: filter(has),
  hasNot: filter(
    (traverser, { values: [key] }) =>
      propertyValues(currentValue(traverser), String(key)).length === 0,
  ),
  hasLabel: tokenIsAny("label"),
  hasId: tokenIsAny("id"),
  hasKey: tokenIsAny("key"),
  hasValue: tokenIsAny("value"),
  is: filter((traverser, { values: [wanted] }) => matches(currentValue(traverser), wanted)),
  where: filter((traverser, step, run) =>
    isBytecode(step.values[0])
      ? whereLeads(step.values[0], traverser, run)
      : whereMatches(traverser, step, run),
  ),
  filter: filter((traverser, { values: [inner] }, run) => run.holds(inner, traverser)),
  not: filter((traverser, { values: [inner] }, run) => !run.holds(inner, traverser)),
  and: filter((traverser, { values }, run) => values.every((inner) => run.holds(inner, traverser))),
  or: filter((traverser, { values }, run) => values.some((inner) => run.holds(inner, traverser))),
  simplePath: pathRepeats(false),
  cyclicPath: pathRepeats(true),
  identity: (input) => input,
  none: filter(() => false),
  barrier: function* (input) {
    yield* [...input];
  },
};
