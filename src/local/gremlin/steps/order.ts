import { isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import { unknownStep } from "../graph-error.ts";
import type { Entry } from "../graphson.ts";
import { currentValue, onward, start, type Traverser } from "../traverser.ts";
import { compare } from "../values.ts";
import { modulated } from "./modulate.ts";
import { itemsOf, mapOf } from "./select-some.ts";
import { type Run, type StepTable, scoped } from "./step.ts";

/** Sorts by each by() in turn; what one of them makes nothing of is left out. */
function sorted<T>(
  items: readonly T[],
  traverserOf: (item: T) => Traverser,
  step: Step,
  run: Run,
): T[] {
  const rules: readonly unknown[][] = step.by.length > 0 ? step.by : [[]];
  const keyed = items.flatMap((item) => {
    const keys = rules.map((rule) => modulated(rule, traverserOf(item), run));
    return keys.some((key) => key === undefined)
      ? []
      : [{ item, keys: keys.map((key) => key?.value) }];
  });
  const signs = rules.map(signOf);
  keyed.sort((a, b) => {
    for (const [index, sign] of signs.entries()) {
      const result = sign * compare(a.keys[index], b.keys[index]);
      if (result !== 0) return result;
    }
    return 0;
  });
  return keyed.map(({ item }) => item);
}

function signOf(rule: readonly unknown[]): 1 | -1 {
  const direction = rule.find((part) => isToken(part, "Order"));
  if (isToken(direction, "Order", "shuffle")) throw unknownStep("order() with Order.shuffle");
  return isToken(direction, "Order", "desc") ? -1 : 1;
}

export const ORDERS: StepTable = {
  order: scoped(
    function* (input, step, run) {
      yield* sorted([...input], (traverser) => traverser, step, run);
    },
    function* (input, step, run) {
      for (const traverser of input) {
        const value = currentValue(traverser);
        const items = itemsOf(value);
        const ordered = items && sorted(items, start, step, run);
        if (!ordered) yield traverser;
        else yield onward(traverser, value instanceof Map ? mapOf(ordered as Entry[]) : ordered);
      }
    },
  ),
};
