import { type Bytecode, type Instruction, isBytecode, isToken } from "./bytecode.ts";
import { GraphError, unknownStep } from "./graph-error.ts";

/** One condition of a repeat(); `first` says that it is looked at before each round, not after. */
export interface RoundTest {
  condition: unknown;
  first: boolean;
}

/** How a repeat() ends and what it emits. */
export interface Rounds {
  times?: { count: number; first: boolean };
  until?: RoundTest;
  emit?: RoundTest;
}

/** One step with its modulators folded in. */
export interface Step {
  name: string;
  values: unknown[];
  labels: string[];
  by: unknown[][];
  options: unknown[][];
  /** What with() says. */
  settings: unknown[][];
  /** The ends of an addE(). */
  from?: unknown;
  to?: unknown;
  rounds: Rounds;
  /** The filters that follow directly: V() may look in an index with them. */
  narrowedBy: Step[];
}

const STEPS_MAX = 2_500;
const NARROWING = new Set(["hasId", "hasLabel", "has"]);

/** Folds as, by, option, with, from, to, times, until, emit and a new element's property into their steps. */
export function compile({ steps }: Bytecode): Step[] {
  if (steps.length > STEPS_MAX) throw new GraphError(`a traversal has at most ${STEPS_MAX} steps`);
  const compiled: Step[] = [];
  let ahead: Rounds = {};
  for (const [name, ...values] of joinConnectives(steps)) {
    const last = compiled.at(-1);
    if (name === "times" || name === "until" || name === "emit") {
      if (last?.name === "repeat") modulateRounds(last.rounds, name, values[0], false);
      else modulateRounds(ahead, name, values[0], true);
    } else if (name === "as" && !last) {
      compiled.push({ ...stepOf("identity", []), labels: values.map(String) });
    } else if (name === "property" && isToken(values[0], "T")) {
      makerOf(compiled, values[0].name).options.push(values);
    } else if (name === "property" && last && isMaker(last) && isKeyAndValue(values)) {
      last.options.push(values);
    } else if (name === "from" || name === "to") {
      edgeMakerOf(compiled, name)[name] = values[0];
    } else if (!last || !modulate(last, name, values)) {
      compiled.push({ ...stepOf(name, values), rounds: name === "repeat" ? ahead : {} });
      if (name === "repeat") ahead = {};
    }
  }
  if (Object.keys(ahead).length > 0)
    throw new GraphError("times(), until() and emit() want a repeat()");
  narrow(compiled);
  return compiled;
}

function stepOf(name: string, values: unknown[]): Step {
  return {
    name,
    values,
    labels: [],
    by: [],
    options: [],
    settings: [],
    rounds: {},
    narrowedBy: [],
  };
}

/** Whether the instruction modulates the step before it, rather than being a step. */
function modulate(step: Step, name: string, values: unknown[]): boolean {
  if (name === "as") step.labels.push(...values.map(String));
  else if (name === "by") step.by.push(values);
  else if (name === "option") step.options.push(values);
  else if (name === "with") step.settings.push(values);
  else return false;
  return true;
}

function modulateRounds(rounds: Rounds, name: string, value: unknown, first: boolean): void {
  if (name === "until") rounds.until = { condition: value, first };
  else if (name === "emit") rounds.emit = { condition: value, first };
  else rounds.times = { count: wholeNumber(value, name), first };
}

/** The addV() or addE() whose id or label a property(T.id, …) gives, wherever the client writes it. */
function makerOf(compiled: readonly Step[], tokenName: string): Step {
  const step = compiled.findLast(({ name }) => name !== "property");
  if (step && isMaker(step) && (tokenName === "id" || tokenName === "label")) return step;
  throw new GraphError(`T.${tokenName} is immutable on existing elements`);
}

/** The addE() whose end a from() or to() names, also after its properties. */
function edgeMakerOf(compiled: readonly Step[], modulator: string): Step {
  const step = compiled.findLast(({ name }) => name !== "property");
  if (step?.name === "addE") return step;
  throw unknownStep(`${modulator}() after ${step ? step.name : "no step"}()`);
}

const isMaker = ({ name }: Step) => name === "addV" || name === "addE";

/** A property that belongs to the making of its element: its value is seen from before that. */
const isKeyAndValue = (values: readonly unknown[]) =>
  values.length === 2 && typeof values[0] === "string";

function narrow(compiled: readonly Step[]): void {
  for (const [index, step] of compiled.entries()) {
    if (step.name !== "V") continue;
    for (let next = index + 1; step.labels.length === 0; next += 1) {
      const filter = compiled[next];
      if (!filter || !NARROWING.has(filter.name)) break;
      step.narrowedBy.push(filter);
      if (filter.labels.length > 0) break;
    }
  }
}

const STARTS = new Set(["V", "E", "inject"]);

/** Makes `a.and().b` into `and(a, b)`, and likewise or(), which binds less; what begins a traversal stays before. */
function joinConnectives(steps: readonly Instruction[]): readonly Instruction[] {
  for (const name of ["or", "and"]) {
    const isInfix = (step: Instruction) => step[0] === name && step.length === 1;
    if (!steps.some(isInfix)) continue;
    const [first] = steps;
    const begins = first && STARTS.has(first[0]) ? steps.findIndex(isNotStart) : 0;
    const parts: Instruction[][] = [[]];
    for (const step of steps.slice(begins)) {
      if (isInfix(step)) parts.push([]);
      else parts.at(-1)?.push(step);
    }
    const traversals = parts.map(
      (part): Bytecode => ({
        kind: "bytecode",
        sources: [],
        steps: [...joinConnectives(part)],
      }),
    );
    return [...steps.slice(0, begins), [name, ...traversals]];
  }
  return steps;
}

const isNotStart = ([name]: Instruction, index: number) => index > 0 && name !== "as";

/** A count that a step is given. */
export function wholeNumber(value: unknown, stepName: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number)) return number;
  throw new GraphError(`${stepName}() wants a whole number`);
}

/** The anonymous traversals that a step is given, wherever they stand. */
export function childrenOf({ values, by, options, rounds, from, to }: Step): Bytecode[] {
  const given = [...values, ...by.flat(), ...options.flat(), from, to];
  return [...given, rounds.until?.condition, rounds.emit?.condition].filter(isBytecode);
}
