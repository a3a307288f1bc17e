import { isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import type { Graph } from "../graph.ts";
import { unknownStep } from "../graph-error.ts";
import { currentValue, onward, type Traverser } from "../traverser.ts";

/** What steps remember from one round or branch to the next, such as what dedup() has seen. */
export type Memory = Map<Step, unknown>;

/** What the steps of one request share. */
export interface Run {
  graph: Graph;
  /** What aggregate(), group("name") and their like keep, by name. */
  kept: Map<string, Kept>;
  /** The steps of an anonymous traversal. */
  stepsOf(traversal: unknown): readonly Step[];
  /** Runs steps over all these traversers together. */
  chain(steps: readonly Step[], input: Iterable<Traverser>, memory: Memory): Iterable<Traverser>;
  /** Runs an anonymous traversal from one traverser alone, remembering nothing. */
  inner(traversal: unknown, from: Traverser): Iterable<Traverser>;
  /** Whether an anonymous traversal gives anything from here. */
  holds(traversal: unknown, from: Traverser): boolean;
  /** Counts a step of work, and stops what would never end. */
  tick(): void;
}

/** What the steps of one kind keep under one name. */
export interface Kept {
  kind: "group" | "count" | "list";
  /** What was kept so far. */
  value(): unknown;
}

/** What a step does to the traversers that reach it. */
export type StepFunction = (
  input: Iterable<Traverser>,
  step: Step,
  run: Run,
  memory: Memory,
) => Iterable<Traverser>;

export type StepTable = Readonly<Record<string, StepFunction>>;

/** A step that lets traversers through or not. */
export const filter = (
  test: (traverser: Traverser, step: Step, run: Run) => boolean,
): StepFunction =>
  function* (input, step, run) {
    for (const traverser of input) {
      run.tick();
      if (test(traverser, step, run)) yield traverser;
    }
  };

/** A step that goes on from each value to any number of values. */
export const flat = (
  mapping: (value: unknown, step: Step, run: Run, traverser: Traverser) => Iterable<unknown>,
): StepFunction =>
  function* (input, step, run) {
    for (const traverser of input) {
      for (const value of mapping(currentValue(traverser), step, run, traverser)) {
        run.tick();
        yield onward(traverser, value);
      }
    }
  };

/** A step that goes on from each value to one. */
export const one = (
  mapping: (value: unknown, step: Step, run: Run, traverser: Traverser) => unknown,
): StepFunction => flat((value, step, run, traverser) => [mapping(value, step, run, traverser)]);

/** What this step remembers; made when it first runs. */
export function recall<T>(memory: Memory, step: Step, make: () => T): T {
  const found = memory.get(step) as T | undefined;
  if (found !== undefined) return found;
  const made = make();
  memory.set(step, made);
  return made;
}

/** A step whose first argument may be Scope.local: then it works on the list or map at each traverser. */
export const scoped = (whole: StepFunction, local: StepFunction): StepFunction =>
  function* (input, step, run, memory) {
    const [scope, ...values] = step.values;
    if (isToken(scope, "Scope", "local")) yield* local(input, { ...step, values }, run, memory);
    // The same step must reach the memory under the same name.
    else yield* whole(input, step, run, memory);
  };

/** The arguments of a step after its scope, if it has one. */
export function argumentsOf({ values }: Step): unknown[] {
  return isToken(values[0], "Scope") ? values.slice(1) : values;
}

/** Refuses arguments that this step would otherwise ignore. */
export function refuseArguments(step: Step, mostCount: number): void {
  if (argumentsOf(step).length > mostCount)
    throw unknownStep(`${step.name}() with ${argumentsOf(step).length} arguments`);
}
