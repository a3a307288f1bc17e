import { isToken } from "../bytecode.ts";
import { childrenOf, type Step } from "../compile.ts";

const BARRIERS = new Set([
  "aggregate",
  "barrier",
  "cap",
  "count",
  "dedup",
  "fold",
  "group",
  "groupCount",
  "max",
  "mean",
  "min",
  "order",
  "sum",
  "tail",
]);

/** Whether a step waits for all that comes before it lets anything on. */
export function isBarrier({ name, values }: Step): boolean {
  return BARRIERS.has(name) && !isToken(values[0], "Scope", "local");
}

const BRANCHING = new Set(["union", "choose", "repeat"]);

/** Whether there is such a step in a branch: then the branch wants its whole input at once. */
export function hasBarrier(
  steps: readonly Step[],
  stepsOf: (traversal: unknown) => readonly Step[],
): boolean {
  return steps.some(
    (step) =>
      isBarrier(step) ||
      (BRANCHING.has(step.name) &&
        childrenOf(step).some((child) => hasBarrier(stepsOf(child), stepsOf))),
  );
}

/** Whether a step of this name stands anywhere in a traversal. */
export function uses(
  steps: readonly Step[],
  names: ReadonlySet<string>,
  stepsOf: (traversal: unknown) => readonly Step[],
): boolean {
  return steps.some(
    (step) =>
      names.has(step.name) ||
      childrenOf(step).some((child) => uses(stepsOf(child), names, stepsOf)),
  );
}
