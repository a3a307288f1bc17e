import { isBytecode, isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { currentValue, start, type Traverser } from "../traverser.ts";
import { identity } from "../values.ts";
import { isBarrier } from "./barriers.ts";
import { modulated, turn } from "./modulate.ts";
import type { Kept, Run, StepFunction, StepTable } from "./step.ts";

interface Groups extends Kept {
  add(traverser: Traverser): void;
}

/** Members by key, for group(): the second by() makes one value of the members of a group. */
function groupsOf(step: Step, run: Run): Groups {
  const groups = new Map<string, { key: unknown; members: Traverser[] }>();
  return {
    add: (traverser) => {
      const made = modulated(step.by[0], traverser, run);
      if (!made) return;
      const group = groups.get(identity(made.value));
      if (group) group.members.push(traverser);
      else groups.set(identity(made.value), { key: made.value, members: [traverser] });
    },
    value: () => {
      const map = new Map<unknown, unknown>();
      for (const { key, members } of groups.values()) {
        const made = groupValue(members, step.by[1], run);
        if (made) map.set(key, made.value);
      }
      return map;
    },
  };
}

/** A traversal that reduces runs over all members together; another one gives what the last member has. */
function groupValue(
  members: readonly Traverser[],
  by: unknown[] | undefined,
  run: Run,
): { value: unknown } | undefined {
  const made = (member: Traverser) => modulated(by, member, run);
  const [what] = by ?? [];
  if (!isBytecode(what)) return { value: members.flatMap((member) => wrapped(made(member))) };
  const steps = run.stepsOf(what);
  if (!steps.some(isBarrier)) return members.map(made).findLast((value) => value !== undefined);
  for (const result of run.chain(steps, members, new Map())) return { value: currentValue(result) };
  return undefined;
}

/** Keeps flatMap() from flattening a value that is a list. */
const wrapped = (made: { value: unknown } | undefined) => (made ? [made.value] : []);

function countsOf(step: Step, run: Run): Groups {
  const counts = new Map<string, { key: unknown; count: number }>();
  return {
    add: (traverser) => {
      const made = modulated(turn(step, 0), traverser, run);
      if (!made) return;
      const entry = counts.get(identity(made.value));
      if (entry) entry.count += 1;
      else counts.set(identity(made.value), { key: made.value, count: 1 });
    },
    value: () => new Map([...counts.values()].map(({ key, count }) => [key, BigInt(count)])),
  };
}

/** group() and groupCount(): without a name they give a map, with one they keep it and let all through. */
const grouping = (make: (step: Step, run: Run) => Groups): StepFunction =>
  function* (input, step, run) {
    const [name] = step.values;
    if (name === undefined) {
      const groups = make(step, run);
      for (const traverser of input) {
        run.tick();
        groups.add(traverser);
      }
      yield start(groups.value());
      return;
    }
    const groups = keptBy(String(name), run, () => make(step, run));
    for (const traverser of input) {
      groups.add(traverser);
      yield traverser;
    }
  };

/** What is kept under a name, made by the first step that keeps something there. */
function keptBy<T extends Kept>(name: string, run: Run, make: () => T): T {
  const found = run.kept.get(name) as T | undefined;
  if (found) return found;
  const made = make();
  run.kept.set(name, made);
  return made;
}

interface Bag extends Kept {
  items: unknown[];
}

function bagOf(step: Step, run: Run): Bag {
  const name = step.values.find((value) => typeof value === "string");
  if (name === undefined) throw unknownStep(`${step.name}() without a name`);
  return keptBy(name, run, () => {
    const items: unknown[] = [];
    return { items, value: () => [...items] };
  });
}

function keep(traverser: Traverser, bag: Bag, step: Step, run: Run): void {
  run.tick();
  const made = modulated(turn(step, 0), traverser, run);
  if (made) bag.items.push(made.value);
}

const keepEach: StepFunction = function* (input, step, run) {
  const bag = bagOf(step, run);
  for (const traverser of input) {
    keep(traverser, bag, step, run);
    yield traverser;
  }
};

const keepAll: StepFunction = function* (input, step, run) {
  const bag = bagOf(step, run);
  const all = [...input];
  for (const traverser of all) keep(traverser, bag, step, run);
  yield* all;
};

/** Steps that keep something beside the way, or group what comes. */
export const GROUPS: StepTable = {
  group: grouping(groupsOf),
  groupCount: grouping(countsOf),
  store: keepEach,
  aggregate: (input, step, run, memory) =>
    (isToken(step.values[0], "Scope", "local") ? keepEach : keepAll)(input, step, run, memory),

  cap: function* (input, { values }, run) {
    for (const _ of input) void _;
    const held = values.map((name) => {
      const kept = run.kept.get(String(name));
      if (kept) return kept.value();
      throw new GraphError(`the side effects have no key ${name}`);
    });
    yield start(
      values.length === 1 ? held[0] : new Map(values.map((name, index) => [name, held[index]])),
    );
  },

  sideEffect: function* (input, { values: [inner] }, run) {
    for (const traverser of input) {
      for (const _ of run.inner(inner, traverser)) void _;
      yield traverser;
    }
  },
};
