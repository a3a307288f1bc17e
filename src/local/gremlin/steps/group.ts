import { isBytecode, isToken } from "../bytecode.ts";
import type { Step } from "../compile.ts";
import { GraphError, unknownStep } from "../graph-error.ts";
import { currentValue, start, type Traverser } from "../traverser.ts";
import { identity } from "../values.ts";
import { gatheringOf } from "./barriers.ts";
import { modulated, turn } from "./modulate.ts";
import type { Kept, Run, StepFunction, StepTable } from "./step.ts";

interface Groups extends Kept {
  /** Adds as this step's by() says: several steps may keep under one name. */
  add(traverser: Traverser, step: Step): void;
}

interface Member {
  traverser: Traverser;
  /** The second by() of the step that it came through. */
  by: unknown[] | undefined;
}

/** Members by key, for group(): the second by() makes one value of the members of a group. */
function groupsOf(run: Run): Groups {
  const groups = new Map<string, { key: unknown; members: Member[] }>();
  return {
    kind: "group",
    add: (traverser, { by: [keyBy, by] }) => {
      const made = modulated(keyBy, traverser, run);
      if (!made) return;
      const group = groups.get(identity(made.value));
      if (group) group.members.push({ traverser, by });
      else groups.set(identity(made.value), { key: made.value, members: [{ traverser, by }] });
    },
    value: () => {
      const map = new Map<unknown, unknown>();
      for (const { key, members } of groups.values()) {
        const made = groupValue(members, run);
        if (made) map.set(key, made.value);
      }
      return map;
    },
  };
}

/** A traversal that reduces runs over all members together; another one gives what the last member has. */
function groupValue(members: readonly Member[], run: Run): { value: unknown } | undefined {
  const made = ({ traverser, by }: Member) => modulated(by, traverser, run);
  const by = members[0]?.by;
  const kind = kindOfBy(by, run);
  if (members.some((member) => kindOfBy(member.by, run) !== kind))
    throw new GraphError("group() keeps under one name only what by()s of one kind make");
  if (kind === "each") return { value: members.flatMap((member) => wrapped(made(member))) };
  if (kind === "last") return members.map(made).findLast((value) => value !== undefined);
  return valueTogether(
    run.stepsOf(by?.[0]),
    members.map(({ traverser }) => traverser),
    run,
  );
}

/** As in TinkerPop a step such as order() or limit() that nothing reaches leaves the group out; count() is 0 then. */
function valueTogether(
  steps: readonly Step[],
  members: readonly Traverser[],
  run: Run,
): { value: unknown } | undefined {
  const { index, wants } = gatheringOf(steps) ?? { index: 0, wants: true };
  const memory = new Map();
  const arrived = [...run.chain(steps.slice(0, index), members, memory)];
  if (wants && arrived.length === 0) return undefined;
  for (const result of run.chain(steps.slice(index), arrived, memory))
    return { value: currentValue(result) };
  return undefined;
}

function kindOfBy(by: Member["by"], run: Run): "each" | "last" | "together" {
  const [what] = by ?? [];
  if (!isBytecode(what)) return "each";
  return gatheringOf(run.stepsOf(what)) ? "together" : "last";
}

/** Keeps flatMap() from flattening a value that is a list. */
const wrapped = (made: { value: unknown } | undefined) => (made ? [made.value] : []);

function countsOf(run: Run): Groups {
  const counts = new Map<string, { key: unknown; count: number }>();
  return {
    kind: "count",
    add: (traverser, step) => {
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
const grouping = (make: (run: Run) => Groups): StepFunction =>
  function* (input, step, run) {
    const [name] = step.values;
    if (name === undefined) {
      const groups = make(run);
      for (const traverser of input) {
        run.tick();
        groups.add(traverser, step);
      }
      yield start(groups.value());
      return;
    }
    const groups = keptBy(String(name), run, make(run));
    for (const traverser of input) {
      groups.add(traverser, step);
      yield traverser;
    }
  };

/** What is kept under a name: what an earlier step of the same kind keeps there, or else this. */
function keptBy<T extends Kept>(name: string, run: Run, fresh: T): T {
  const found = run.kept.get(name);
  if (found && found.kind !== fresh.kind)
    throw new GraphError(`the steps that keep something under ${name} are of different kinds`);
  if (found) return found as T;
  run.kept.set(name, fresh);
  return fresh;
}

interface Bag extends Kept {
  items: unknown[];
}

function bagOf(step: Step, run: Run): Bag {
  const name = step.values.find((value) => typeof value === "string");
  if (name === undefined) throw unknownStep(`${step.name}() without a name`);
  const items: unknown[] = [];
  return keptBy(name, run, { kind: "list", items, value: () => [...items] });
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
