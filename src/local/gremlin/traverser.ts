/** What a traverser went through: each value with the labels it was given. */
export interface PathNode {
  value: unknown;
  labels: readonly string[];
  before: PathNode | undefined;
}

/** One walker of the graph: where it is and how it came there, and how often it went round a repeat(). */
export interface Traverser {
  /** Undefined for the seed, from which the first step of a request makes something. */
  path: PathNode | undefined;
  loops: number;
}

/** A path, as the step of that name gives it. */
export interface Path {
  kind: "path";
  labels: readonly (readonly string[])[];
  objects: readonly unknown[];
}

/** What a traversal begins with that begins with nothing. */
export const SEED: Traverser = { path: undefined, loops: 0 };

export const currentValue = ({ path }: Traverser): unknown => path?.value;

/** A traverser that begins at a value. */
export function start(value: unknown): Traverser {
  return { path: { value, labels: [], before: undefined }, loops: 0 };
}

/** The traverser gone on to a value. */
export function onward(from: Traverser, value: unknown): Traverser {
  return { path: { value, labels: [], before: from.path }, loops: from.loops };
}

/** The same place under further labels. */
export function labelled({ path, loops }: Traverser, labels: readonly string[]): Traverser {
  return { path: path && { ...path, labels: [...path.labels, ...labels] }, loops };
}

/** All that a label stands for on the way, last first. */
export function labelledValues({ path }: Traverser, label: string): unknown[] {
  const values: unknown[] = [];
  for (let at = path; at; at = at.before) if (at.labels.includes(label)) values.push(at.value);
  return values;
}

/** The way that a traverser came, first to last. */
export function pathOf({ path }: Traverser): Path {
  const nodes: PathNode[] = [];
  for (let at = path; at; at = at.before) nodes.push(at);
  nodes.reverse();
  return {
    kind: "path",
    labels: nodes.map(({ labels }) => labels),
    objects: nodes.map(({ value }) => value),
  };
}
