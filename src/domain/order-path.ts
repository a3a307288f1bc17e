import { TRANSITIONS, type Transition } from "./transitions.ts";

const orderRows = TRANSITIONS.filter(({ machine }) => machine === "order");

/** The rows that lead on from a state of an order. */
export function orderRowsFrom(state: string): Transition[] {
  return orderRows.filter(({ from }) => from === state);
}

/** Whether an order that stands in a state can still come to one of these, or is in one of them. */
export function canReach(state: string, wanted: readonly string[]): boolean {
  return wanted.some((to) => orderWay(state, to) !== undefined);
}

/**
 * The shortest way of an order from one state to another by the rows that are allowed; the first in the table of
 * several that are as short. Empty when there is nothing to do, undefined when no way leads there.
 */
export function orderWay(
  from: string,
  to: string,
  allowed: (row: Transition) => boolean = () => true,
): Transition[] | undefined {
  const seen = new Set([from]);
  const ways: { state: string; steps: Transition[] }[] = [{ state: from, steps: [] }];
  for (const { state, steps } of ways) {
    if (state === to) return steps;
    for (const row of orderRowsFrom(state).filter(allowed)) {
      if (seen.has(row.to)) continue;
      seen.add(row.to);
      ways.push({ state: row.to, steps: [...steps, row] });
    }
  }
  return undefined;
}
