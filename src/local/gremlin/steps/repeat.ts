import { isPredicate } from "../bytecode.ts";
import type { RoundTest, Step } from "../compile.ts";
import { unknownStep } from "../graph-error.ts";
import { matches } from "../predicates.ts";
import { currentValue, type Traverser } from "../traverser.ts";
import { uses } from "./barriers.ts";
import { type Memory, type Run, recall, type StepFunction, type StepTable } from "./step.ts";

const UNROLLED_STEPS_MAX = 400;
/** What an unrolled body would do otherwise: dedup() is shared by the rounds, and loops() counts them. */
const NOT_UNROLLED = new Set(["dedup", "loops"]);

const repeat: StepFunction = (input, step, run, memory) => {
  const [body] = step.values;
  if (step.values.length !== 1) throw unknownStep("repeat() with a name");
  const unrolled = recall(memory, step, () => unroll(run.stepsOf(body), step, run));
  return unrolled
    ? run.chain(unrolled, input, memory)
    : rounds(input, run.stepsOf(body), step, run, memory);
};

/**
 * repeat(body).times(n) is body after body, as in TinkerPop: a body that counts or sorts then sees all of its round
 * together. Undefined for what cannot be written so.
 */
function unroll(body: readonly Step[], { rounds }: Step, run: Run): Step[] | undefined {
  const { times, until, emit } = rounds;
  if (!times || until || emit || (times.count < 1 && !times.first)) return undefined;
  if (body.length * times.count > UNROLLED_STEPS_MAX) return undefined;
  if (uses(body, NOT_UNROLLED, run.stepsOf)) return undefined;
  // Each round remembers for itself, so each has steps of its own.
  return Array.from({ length: times.count }, () => body.map((step) => ({ ...step }))).flat();
}

/** Breadth first from each traverser: all of one round before the next. */
function* rounds(
  input: Iterable<Traverser>,
  body: readonly Step[],
  { rounds: { times, until, emit } }: Step,
  run: Run,
  memory: Memory,
): Iterable<Traverser> {
  const endsFirst = until?.first ?? times?.first ?? false;
  const isOver = (traverser: Traverser) =>
    (times !== undefined && traverser.loops >= times.count) ||
    (until !== undefined && holds(until, traverser, run));
  for (const entering of input) {
    // A repeat() within a repeat() must not count for the outer one.
    const leave = (traverser: Traverser) => ({ ...traverser, loops: entering.loops });
    let round: Traverser[] = [{ ...entering, loops: 0 }];
    for (let loops = 1; round.length > 0; loops += 1) {
      const going: Traverser[] = [];
      for (const traverser of round) {
        if (endsFirst && isOver(traverser)) {
          yield leave(traverser);
          continue;
        }
        going.push(traverser);
        if (emit?.first && holds(emit, traverser, run)) yield leave(traverser);
      }
      round = [];
      for (const result of run.chain(body, going, memory)) {
        run.tick();
        const traverser = { ...result, loops };
        if (!endsFirst && isOver(traverser)) {
          yield leave(traverser);
          continue;
        }
        round.push(traverser);
        if (emit && !emit.first && holds(emit, traverser, run)) yield leave(traverser);
      }
    }
  }
}

function holds({ condition }: RoundTest, traverser: Traverser, run: Run): boolean {
  if (condition === undefined) return true;
  if (isPredicate(condition)) return matches(currentValue(traverser), condition);
  return run.holds(condition, traverser);
}

export const REPEATS: StepTable = { repeat };
