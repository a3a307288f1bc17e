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
function isBarrier(step: Step): boolean {
  return BARRIERS.has(step.name) && !isLocal(step);
}

const isLocal = ({ values }: Step) => isToken(values[0], "Scope", "local");

const CUTS = new Set(["limit", "range", "skip"]);
const PASSING = new Set(["aggregate", "barrier", "cap"]);
const FROM_NOTHING = new Set(["count", "fold", "group", "groupCount"]);

/** Where in the value of a group its members come together, and whether something must have come; undefined if nowhere. */
export function gatheringOf(steps: readonly Step[]): { index: number; wants: boolean } | undefined {
  const gathers = (step: Step) =>
    isBarrier(step) ? !PASSING.has(step.name) : CUTS.has(step.name) && !isLocal(step);
  const index = steps.findIndex(gathers);
  const [step] = steps.slice(index, index + 1);
  return index < 0 || !step ? undefined : { index, wants: !FROM_NOTHING.has(step.name) };
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
