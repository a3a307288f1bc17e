import { GraphError } from "../graph-error.ts";
import { numberOf, sumOf, typed } from "../numbers.ts";
import { currentValue, onward, start } from "../traverser.ts";
import { compare, rankOf } from "../values.ts";
import { itemsOf } from "./select-some.ts";
import { refuseArguments, type StepFunction, type StepTable, scoped } from "./step.ts";

type Combine = (values: unknown[]) => unknown;

/** Makes one value of all; of none nothing, unless `ofNone`. In local scope of the items of each list. */
const reduce = (
  combine: Combine,
  { ofNone, combineLocal = combine }: { ofNone: boolean; combineLocal?: Combine },
): StepFunction =>
  scoped(
    function* (input, step, run) {
      refuseArguments(step, 0);
      const values: unknown[] = [];
      for (const traverser of input) {
        run.tick();
        values.push(currentValue(traverser));
      }
      if (values.length > 0 || ofNone) yield start(combine(values));
    },
    function* (input, step) {
      refuseArguments(step, 0);
      for (const traverser of input) {
        const values = itemsOf(currentValue(traverser)) ?? [currentValue(traverser)];
        if (values.length > 0 || ofNone) yield onward(traverser, combineLocal(values));
      }
    },
  );

/** Passes nulls over; nulls alone make null. */
const ofPresent =
  (combine: Combine): Combine =>
  (values) => {
    const present = values.filter((value) => value !== null && value !== undefined);
    return present.length > 0 ? combine(present) : null;
  };

const extreme = (sign: 1 | -1) =>
  ofPresent((values) =>
    values.reduce((best, value) => {
      if (rankOf(best) !== rankOf(value))
        throw new GraphError("values of several types have no least and no greatest");
      return sign * compare(value, best) > 0 ? value : best;
    }),
  );

const mean = ofPresent((values) => typed(numberOf(sumOf(values)) / values.length, "Double"));

/** Counts what comes without keeping it. */
const countAll: StepFunction = function* (input, step, run) {
  refuseArguments(step, 0);
  let count = 0;
  for (const _ of input) {
    run.tick();
    count += 1;
  }
  yield start(BigInt(count));
};

const countItems: StepFunction = function* (input) {
  for (const traverser of input) {
    const items = itemsOf(currentValue(traverser));
    yield onward(traverser, BigInt(items?.length ?? 1));
  }
};

/** Steps that make one value of many. */
export const REDUCTIONS: StepTable = {
  count: scoped(countAll, countItems),
  fold: reduce((values) => values, { ofNone: true }),
  sum: reduce(
    ofPresent((values) => sumOf(values)),
    { ofNone: false, combineLocal: ofPresent((values) => sumOf(values, "Int32")) },
  ),
  min: reduce(extreme(-1), { ofNone: false }),
  max: reduce(extreme(1), { ofNone: false }),
  mean: reduce(mean, { ofNone: false }),
};
