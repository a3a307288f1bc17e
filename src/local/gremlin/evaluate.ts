import { getHeapStatistics } from "node:v8";
import { type Bytecode, isBytecode } from "./bytecode.ts";
import { childrenOf, compile, type Step } from "./compile.ts";
import type { Graph } from "./graph.ts";
import { FAILURE, GraphError, unknownStep } from "./graph-error.ts";
import { BRANCHES } from "./steps/branch.ts";
import { FILTERS } from "./steps/filter.ts";
import { GROUPS } from "./steps/group.ts";
import { MAPS } from "./steps/map.ts";
import { MERGES } from "./steps/merge.ts";
import { MUTATIONS } from "./steps/mutate.ts";
import { ORDERS } from "./steps/order.ts";
import { REDUCTIONS } from "./steps/reduce.ts";
import { REPEATS } from "./steps/repeat.ts";
import { SCOPES } from "./steps/scope.ts";
import { SELECTIONS } from "./steps/select-some.ts";
import type { Run, StepFunction, StepTable } from "./steps/step.ts";
import { WALKS } from "./steps/walk.ts";
import { currentValue, labelled, SEED, type Traverser } from "./traverser.ts";

const STEPS: StepTable = {
  ...WALKS,
  ...FILTERS,
  ...SELECTIONS,
  ...MAPS,
  ...SCOPES,
  ...ORDERS,
  ...REDUCTIONS,
  ...GROUPS,
  ...BRANCHES,
  ...REPEATS,
  ...MUTATIONS,
  ...MERGES,
};

const TICKS_BETWEEN_CHECKS = 8_192;
const HEAP_SHARE_MAX = 0.85;

/**
 * Evaluates a traversal; results come as they are found. Throws GraphError for what it does not know, and for what
 * takes longer than `timeoutMs` or more memory than there is. What was changed before an error stays changed.
 */
export function* evaluate(
  bytecode: Bytecode,
  graph: Graph,
  { timeoutMs }: { timeoutMs: number },
): Generator<unknown> {
  for (const [name] of bytecode.sources) throw unknownStep(`${name}() of the source`);
  const compiled = new Map<unknown, readonly Step[]>();
  const run: Run = {
    graph,
    kept: new Map(),
    tick: guard(timeoutMs),
    chain: (steps, input, memory) => chain(steps, input, run, memory),
    stepsOf: (traversal) => {
      const known = compiled.get(traversal);
      if (known) return known;
      if (!isBytecode(traversal)) throw new GraphError("a traversal was expected");
      const steps = compile(traversal);
      compiled.set(traversal, steps);
      return steps;
    },
    inner: (traversal, from) => run.chain(run.stepsOf(traversal), [from], new Map()),
    holds: (traversal, from) => {
      for (const _ of run.inner(traversal, from)) return true;
      return false;
    },
  };
  check(run.stepsOf(bytecode), run);
  for (const traverser of run.chain(run.stepsOf(bytecode), [SEED], new Map()))
    yield currentValue(traverser);
}

function chain(
  steps: readonly Step[],
  input: Iterable<Traverser>,
  run: Run,
  memory: Map<Step, unknown>,
): Iterable<Traverser> {
  let stream = input;
  for (const step of steps) {
    stream = functionOf(step)(stream, step, run, memory);
    if (step.labels.length > 0) stream = withLabels(stream, step.labels);
  }
  return stream;
}

/** Refuses what is not known before anything is done. */
function check(steps: readonly Step[], run: Run): void {
  for (const step of steps) {
    functionOf(step);
    for (const child of childrenOf(step)) check(run.stepsOf(child), run);
  }
}

function functionOf({ name, settings }: Step): StepFunction {
  const work = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (!work) throw unknownStep(`${name}()`);
  if (settings.length > 0 && name !== "valueMap") throw unknownStep(`with() after ${name}()`);
  return work;
}

function* withLabels(stream: Iterable<Traverser>, labels: readonly string[]): Iterable<Traverser> {
  for (const traverser of stream) yield labelled(traverser, labels);
}

/** Called for every step of work; looks at the clock and the heap now and then. */
function guard(timeoutMs: number): () => void {
  const deadline = performance.now() + timeoutMs;
  let ticks = 0;
  return () => {
    ticks += 1;
    if (ticks % TICKS_BETWEEN_CHECKS !== 0) return;
    if (performance.now() > deadline)
      throw new GraphError(
        `the traversal took longer than ${timeoutMs} ms in the embedded graph`,
        FAILURE.timeout,
      );
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used > limit * HEAP_SHARE_MAX)
      throw new GraphError("the embedded graph has no memory left for this traversal");
  };
}
