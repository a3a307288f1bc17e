import type { Machine } from "../../src/domain/transitions.ts";
import type { Way } from "./causes.ts";
import { LED_ON, REPEATED } from "./exceptions-of-people.ts";
import { CAUGHT_UP } from "./exceptions-of-providers.ts";
import { nameOf } from "./trials.ts";

/** Trials whose event has no row in the table and that are not refused all the same, or change something. */
export interface Exception {
  machine: Machine;
  states: readonly string[];
  events: readonly string[];
  way: Way;
  /** What comes of them, as `laboratory` says it; `nothing` is an operation that may be repeated. */
  outcome: string;
  why: string;
}

/** Everything that is allowed by hand, by the name of the trial. A trial that is listed twice is a mistake. */
export function exceptions(): Map<string, string> {
  const byName = new Map<string, string>();
  for (const { machine, states, events, way, outcome } of [...REPEATED, ...LED_ON, ...CAUGHT_UP]) {
    for (const state of states) {
      for (const event of events) {
        const name = nameOf({ machine, state, event, way });
        if (byName.has(name)) throw new Error(`${name} is listed twice`);
        byName.set(name, outcome);
      }
    }
  }
  return byName;
}
