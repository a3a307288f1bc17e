import type { SaleEvent } from "../event-data.ts";
import type { IdMaker } from "../ids.ts";
import { type Machine, nextState } from "../transitions.ts";
import type { OrderLineRow, OrderRow, PastRows } from "./rows.ts";

/** When something happened, and whether its source said so or it was inferred; by default it did. */
export interface Moment {
  at: string;
  inferred?: boolean;
}

/** What all who tell of one order's past share: the order, where its rows go, and how a step is written. */
export interface Telling {
  order: OrderRow;
  lines: readonly OrderLineRow[];
  rows: PastRows;
  newId: IdMaker;
  /** Payments and parcels are made up: no provider knows them. */
  synthesised: boolean;
}

/** How histories name providers and timers. */
export const PAYMENTS = "provider:payments";
export const SHIPPING = "provider:shipping";
export const TIMER = "timer";

/** Adds an event of the order or of what belongs to it. */
export function tell({ rows }: Telling, event: SaleEvent, actor: string, { at }: Moment): void {
  // Not by spreading: a history has events by the million.
  rows.event.push({
    type: event.type,
    subjectKind: event.subjectKind,
    subjectId: event.subjectId,
    revision: event.revision,
    actor,
    occurredAt: at,
    data: event.data,
    personal: event.personal ?? null,
  });
}

/** A step of the order, or of what belongs to it. */
export interface Step {
  machine: Machine;
  subjectId: string;
  event: string;
  from: string | null;
  to: string;
}

/** Adds a step to a thing's history of states. */
export function addStep(
  { rows, newId }: Telling,
  { machine, subjectId, event, from, to }: Step,
  actor: string,
  { at, inferred = false }: Moment,
): void {
  const id = newId(at);
  const states = { fromState: from, toState: to };
  rows.transition.push({ id, machine, subjectId, event, ...states, actor, at, inferred });
}

/**
 * Moves a thing by one event of the table of transitions, with its history; its event is told by the caller.
 * Throws `illegal_transition` where a live one could not take the step.
 */
export function takeStep(
  telling: Telling,
  machine: Machine,
  thing: { id: string; state: string; revision: number; changedAt: string },
  event: string,
  actor: string,
  moment: Moment,
): void {
  const from = thing.state;
  const to = nextState(machine, thing.id, from, event);
  thing.state = to;
  thing.changedAt = moment.at;
  thing.revision += 1;
  addStep(telling, { machine, subjectId: thing.id, event, from, to }, actor, moment);
}
