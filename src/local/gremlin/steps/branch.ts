import { isBytecode, isPredicate, isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { matches } from "../predicates.ts";
import { currentValue, type Traverser } from "../traverser.ts";
import { hasBarrier } from "./barriers.ts";
import { modulated } from "./modulate.ts";
import type { Memory, Run, StepFunction, StepTable } from "./step.ts";

/**
 * Sends traversers through branches. A branch that counts or sorts sees all that reaches it together, as in
 * TinkerPop; else each traverser goes through its branches before the next one.
 */
function* throughBranches(
  input: Iterable<Traverser>,
  branches: readonly unknown[],
  branchesOf: (traverser: Traverser) => readonly unknown[],
  run: Run,
  memory: Memory,
): Iterable<Traverser> {
  if (!branches.some((branch) => hasBarrier(run.stepsOf(branch), run.stepsOf))) {
    for (const traverser of input) {
      for (const branch of branchesOf(traverser))
        yield* run.chain(run.stepsOf(branch), [traverser], memory);
    }
    return;
  }
  const waiting = new Map<unknown, Traverser[]>(branches.map((branch) => [branch, []]));
  for (const traverser of input) {
    for (const branch of branchesOf(traverser)) waiting.get(branch)?.push(traverser);
  }
  for (const [branch, traversers] of waiting) {
    // A branch that nobody takes does not count to zero.
    if (traversers.length > 0) yield* run.chain(run.stepsOf(branch), traversers, memory);
  }
}

/** choose(): `if, then, else`, or a value and an option for each case of it. */
const choose: StepFunction = function* (input, step, run, memory) {
  const branches = step.options.length > 0 ? optionsOf(step) : ifOf(step);
  yield* throughBranches(
    input,
    branches.all,
    (traverser) => branches.of(traverser, run),
    run,
    memory,
  );
};

const STAY = { kind: "bytecode", sources: [], steps: [["identity"]] } as const;

interface Branches {
  all: readonly unknown[];
  of(traverser: Traverser, run: Run): readonly unknown[];
}

function ifOf({ values: [test, then, otherwise = STAY] }: Step): Branches {
  const holds = (traverser: Traverser, run: Run) =>
    isPredicate(test) ? matches(currentValue(traverser), test) : run.holds(test, traverser);
  return {
    all: [then, otherwise],
    of: (traverser, run) => [holds(traverser, run) ? then : otherwise],
  };
}

function optionsOf({ values: [choice], options }: Step): Branches {
  if (options.some(([key]) => isToken(key, "Pick", "any")))
    throw unknownStep("choose() with option(Pick.any, …)");
  return {
    all: options.map(([, branch]) => branch),
    of: (traverser, run) => {
      const made = modulated([choice], traverser, run);
      if (!made) throw new GraphError("the provided traverser does not map to a value");
      const fitting = options.filter(([key]) => !isToken(key, "Pick") && matches(made.value, key));
      const chosen =
        fitting.length > 0 ? fitting : options.filter(([key]) => isToken(key, "Pick", "none"));
      return chosen.map(([, branch]) => branch);
    },
  };
}

/** Steps that go one of several ways, or several. */
export const BRANCHES: StepTable = {
  choose,
  union: (input, { values }, run, memory) =>
    throughBranches(input, values, () => values, run, memory),

  local: function* (input, { values: [inner] }, run) {
    for (const traverser of input) yield* run.inner(inner, traverser);
  },

  coalesce: function* (input, { values }, run) {
    for (const traverser of input) {
      for (const inner of values) {
        let some = false;
        for (const result of run.inner(inner, traverser)) {
          some = true;
          yield result;
        }
        if (some) break;
      }
    }
  },

  optional: function* (input, { values: [inner] }, run) {
    if (!isBytecode(inner)) throw unknownStep("optional() with this argument");
    for (const traverser of input) {
      let some = false;
      for (const result of run.inner(inner, traverser)) {
        some = true;
        yield result;
      }
      if (!some) yield traverser;
    }
  },
};
