import { type Machine, statesOf, TRANSITIONS } from "../../src/domain/transitions.ts";
import { ERRORS, MktError } from "../../src/errors.ts";
import { CAUSES, type Cause, type Thing, type Way } from "./causes.ts";
import type { Shop } from "./shop.ts";
import { bring } from "./situations.ts";
import { changesOf, snapshot } from "./snapshot.ts";

/** An event that the table does not have in this state, and one way in which it comes. */
export interface Trial {
  machine: Machine;
  state: string;
  event: string;
  way: Way;
}

export const MACHINES: readonly Machine[] = [...new Set(TRANSITIONS.map(({ machine }) => machine))];

export const eventsOf = (machine: Machine): string[] => [
  ...new Set(TRANSITIONS.filter((row) => row.machine === machine).map(({ event }) => event)),
];

export const pairOf = ({ machine, state, event }: Omit<Trial, "way">): string =>
  `${machine} ${state}: ${event}`;

export const nameOf = (trial: Trial): string => `${pairOf(trial)} by ${trial.way}`;

/** Every pair of a state and an event of one machine that has no row, in every way in which the event comes. */
export function allTrials(): Trial[] {
  const rows = new Set(
    TRANSITIONS.map(({ machine, from, event }) => pairOf({ machine, state: from ?? "", event })),
  );
  return MACHINES.flatMap((machine) =>
    statesOf(machine).flatMap((state) =>
      eventsOf(machine)
        .filter((event) => !rows.has(pairOf({ machine, state, event })))
        .flatMap((event) =>
          waysOf(machine, event).map((way): Trial => ({ machine, state, event, way })),
        ),
    ),
  );
}

export function waysOf(machine: Machine, event: string): Way[] {
  return Object.keys(CAUSES[machine][event] ?? {}) as Way[];
}

/**
 * Makes trials of things that stand as they should, and says what came of each: `refused` with exit 4, or
 * `nothing`, when nothing was written anywhere; else the transitions that were taken, or the tables written.
 */
export function laboratory(shop: Shop): (trial: Trial) => Promise<string> {
  // A thing on which a trial left no trace serves the next one too.
  const untouched = new Map<string, Thing>();
  // What comes for several events is tried once in a state: nothing tells its events apart.
  const outcomes = new Map<string, Map<Cause, string>>();
  return async (trial) => {
    const { machine, state, event, way } = trial;
    const cause = CAUSES[machine][event]?.[way];
    if (!cause) throw new Error(`nothing here causes ${nameOf(trial)}`);
    const place = `${machine} ${state}`;
    const known = outcomes.get(place) ?? new Map<Cause, string>();
    outcomes.set(place, known);
    const before = known.get(cause);
    if (before !== undefined) return before;

    const thing = untouched.get(place) ?? (await bring(machine, state, shop));
    const outcome = await tryOut(cause, thing, machine === "question", shop);
    if (["refused", "nothing"].includes(outcome)) untouched.set(place, thing);
    else untouched.delete(place);
    known.set(cause, outcome);
    return outcome;
  };
}

async function tryOut(
  cause: Cause,
  thing: Thing,
  isQuestion: boolean,
  shop: Shop,
): Promise<string> {
  const question = isQuestion ? thing.id : undefined;
  const before = await snapshot(shop, question);
  const since = await lastTransition(shop);
  const refusal = await refusalOf(cause(thing, shop));
  const changed = changesOf(before, await snapshot(shop, question));
  if (changed.length === 0) return refusal ?? "nothing";
  const steps = await stepsSince(since, shop);
  const wrote = steps.length > 0 ? steps.join(", ") : `writes ${changed.join(", ")}`;
  return refusal === undefined ? wrote : `${refusal}; ${wrote}`;
}

/** How an operation was refused, if it was; what is no refusal is thrown. */
async function refusalOf(doing: Promise<unknown>): Promise<string | undefined> {
  try {
    await doing;
    return undefined;
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    const { exit } = ERRORS[error.code];
    return exit === 4 ? "refused" : `exit ${exit}, ${error.message}`;
  }
}

/** The id of the last transition that was written down. */
export async function lastTransition({ admin }: Shop): Promise<string> {
  const { rows } = await admin.query<{ id: string }>(
    "select id from transition order by id desc limit 1",
  );
  return rows[0]?.id ?? "";
}

/** The transitions that were written down after one, in order. */
export async function stepsSince(id: string, { admin }: Shop): Promise<string[]> {
  const { rows } = await admin.query<{ step: string }>(
    "select machine || ' ' || event as step from transition where id > $1 order by id",
    [id],
  );
  return rows.map(({ step }) => step);
}
