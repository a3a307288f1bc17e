import { isToken, kindOf } from "../bytecode.ts";
import { type Step, wholeNumber } from "../compile.ts";
import { GraphError } from "../graph-error.ts";
import type { Entry } from "../graphson.ts";
import { currentValue, labelledValues, onward, type Path, start } from "../traverser.ts";
import { identity } from "../values.ts";
import { modulated, turn } from "./modulate.ts";
import {
  argumentsOf,
  recall,
  refuseArguments,
  type StepFunction,
  type StepTable,
  scoped,
} from "./step.ts";

interface Window {
  low: number;
  high: number;
}

const NO_END = Number.POSITIVE_INFINITY;

/** What limit(), skip() and range() let through, by position. A negative end is no end. */
function windowOf(step: Step): Window {
  const [first, second] = argumentsOf(step).map((value) => wholeNumber(value, step.name));
  const [low, high] =
    step.name === "limit" ? [0, first] : step.name === "skip" ? [first, NO_END] : [first, second];
  if (low === undefined || high === undefined) throw new GraphError(`${step.name}() wants numbers`);
  const end = high < 0 ? NO_END : high;
  if (low > end) throw new GraphError(`not a legal range: [${low}, ${end}]`);
  return { low, high: end };
}

const limit: StepFunction = function* (input, step, _, memory) {
  const { low, high } = windowOf(step);
  const position = recall(memory, step, () => ({ next: 0 }));
  if (position.next >= high) return;
  for (const traverser of input) {
    const index = position.next;
    position.next += 1;
    if (index >= low) yield traverser;
    if (position.next >= high) return;
  }
};

/** One item of a list comes as itself, as TinkerPop has it, several as a list. */
const cut = (part: (items: unknown[], step: Step) => { kept: unknown[]; single: boolean }) =>
  function* (...[input, step]: Parameters<StepFunction>) {
    for (const traverser of input) {
      const value = currentValue(traverser);
      const items = itemsOf(value);
      if (!items) {
        yield traverser;
        continue;
      }
      const { kept, single } = part(items, step);
      if (value instanceof Map) yield onward(traverser, mapOf(kept as Entry[]));
      else if (!single) yield onward(traverser, value instanceof Set ? new Set(kept) : kept);
      else if (kept.length > 0) yield onward(traverser, kept[0]);
    }
  };

/** The items of a list, set or path, the entries of a map; undefined for a value that has none. */
export function itemsOf(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Set) return [...value];
  if (value instanceof Map)
    return [...value].map(([key, item]): Entry => ({ kind: "entry", key, value: item }));
  return kindOf(value) === "path" ? [...(value as Path).objects] : undefined;
}

export function mapOf(entries: readonly Entry[]): Map<unknown, unknown> {
  return new Map(entries.map(({ key, value }) => [key, value]));
}

const cutWindow = cut((items, step) => {
  const { low, high } = windowOf(step);
  return { kept: items.slice(low, high), single: high - low === 1 };
});

const tailCount = (step: Step) => {
  refuseArguments(step, 1);
  const [count] = argumentsOf(step);
  return count === undefined ? 1 : wholeNumber(count, step.name);
};

const last = <T>(items: readonly T[], count: number): T[] => (count > 0 ? items.slice(-count) : []);

/** Steps that let some through by their place among the others. */
export const SELECTIONS: StepTable = {
  limit: scoped(limit, cutWindow),
  skip: scoped(limit, cutWindow),
  range: scoped(limit, cutWindow),
  tail: scoped(
    function* (input, step) {
      yield* last([...input], tailCount(step));
    },
    cut((items, step) => {
      const count = tailCount(step);
      return { kept: last(items, count), single: count === 1 };
    }),
  ),

  dedup: scoped(
    function* (input, step, run, memory) {
      const labels = step.values.filter((label) => !isToken(label, "Scope"));
      const seen = recall(memory, step, () => new Set<string>());
      for (const traverser of input) {
        const values =
          labels.length > 0
            ? labels.map((label) => labelledValues(traverser, String(label))[0])
            : [currentValue(traverser)];
        const made =
          labels.length > 0
            ? values.map((value) => modulated(turn(step, 0), start(value), run))
            : [modulated(turn(step, 0), traverser, run)];
        if (made.some((one) => one === undefined)) continue;
        const key = identity(made.map((one) => one?.value));
        if (seen.has(key)) continue;
        seen.add(key);
        yield traverser;
      }
    },
    function* (input) {
      for (const traverser of input) {
        const items = itemsOf(currentValue(traverser)) ?? [currentValue(traverser)];
        const distinct = new Map(items.map((item) => [identity(item), item]));
        yield onward(traverser, new Set(distinct.values()));
      }
    },
  ),
};
