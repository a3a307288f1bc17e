import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import type { LogEvent } from "../stores/aurora/events.ts";

/** An order that came into a state. */
export interface EnteredState {
  orderId: string;
  state: string;
  /** Of the event that says so. */
  position: number;
  at: string;
}

export interface StateWatch {
  actor: Actor;
  states: readonly string[];
  /** Orders from this position or time on; undefined: from now on. */
  since: number | string | undefined;
  /** Under which name to keep how far it came, so that it goes on there the next time. */
  cursor: string | undefined;
  /** Also what was imported. */
  imported: boolean;
  /** How many at once. */
  jobs: number;
  /** After how many to stop. */
  limit: number;
  /** Aborted by whoever wants no more: what is under way ends first. */
  stopping: AbortSignal;
}

type WatchDeps = Pick<Deps, "events" | "now">;

const POLL_MS = 250;
const BATCH = 500;
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/**
 * Does something for each order that enters one of these states, for staff; gives how many it was done for. With a
 * cursor each is done at least once, whatever ends the process: the cursor passes an order when all before it and
 * itself are done. An error of `work` ends it after what is under way, and leaves the cursor before that order.
 */
export async function watchStates(
  watch: StateWatch,
  work: (entered: EnteredState) => Promise<void>,
  deps: WatchDeps,
): Promise<number> {
  requireStaff(watch.actor, "operator", "support", "analyst");
  const { cursor, jobs, limit, stopping } = watch;
  const progress = progressOf(cursor && nameOf(cursor), deps);
  const start = await startOf(watch, progress, deps);
  const underWay = new Set<Promise<void>>();
  const ended = new AbortController();
  const stop = AbortSignal.any([stopping, ended.signal]);
  const problems: unknown[] = [];
  let count = 0;

  const begin = async (entered: EnteredState): Promise<void> => {
    try {
      await work(entered);
      await progress.done(entered.position);
    } catch (error) {
      problems.push(error);
      ended.abort();
    }
  };
  for await (const entered of entering(watch, start, stop, deps)) {
    while (underWay.size >= jobs) await Promise.race(underWay);
    if (stop.aborted) break;
    progress.started(entered.position);
    const job = begin(entered).finally(() => underWay.delete(job));
    underWay.add(job);
    count += 1;
    if (count >= limit) break;
  }
  await Promise.all(underWay);
  if (problems.length > 0) throw problems[0];
  return count;
}

function nameOf(cursor: string): string {
  if (NAME.test(cursor)) return `watch:${cursor}`;
  throw new MktError("invalid", "a cursor's name is 1 to 40 small letters, digits and hyphens");
}

/** Where to begin: where its cursor stands, else where it was told to, else now. */
async function startOf(
  { since }: StateWatch,
  progress: Progress,
  { events }: WatchDeps,
): Promise<number> {
  const kept = await progress.kept();
  if (kept !== undefined) return kept;
  await events.sequence();
  const position =
    since === undefined
      ? await events.lastPosition()
      : typeof since === "number"
        ? since
        : await events.positionBefore(since);
  await progress.begin(position);
  return position;
}

type Progress = ReturnType<typeof progressOf>;

/** Keeps the last position up to which everything is done. */
function progressOf(name: string | undefined, { events, now }: WatchDeps) {
  const underWay = new Set<number>();
  let last = 0;
  const advance = async (position: number) => {
    if (name !== undefined) await events.advance(name, position, now(), { started: true });
  };
  return {
    kept: async (): Promise<number | undefined> => {
      if (name === undefined) return undefined;
      const { position, note } = await events.cursor(name);
      return note.started === true ? position : undefined;
    },
    begin: advance,
    started(position: number): void {
      underWay.add(position);
      last = position;
    },
    async done(position: number): Promise<void> {
      underWay.delete(position);
      await advance(underWay.size > 0 ? Math.min(...underWay) - 1 : last);
    },
  };
}

/** The orders that come into one of these states after a position, in order, until the signal aborts. */
async function* entering(
  { states, imported }: StateWatch,
  start: number,
  stop: AbortSignal,
  { events }: WatchDeps,
): AsyncGenerator<EnteredState> {
  const types = states.map((state) => `order.${state}`);
  const which = imported ? "all" : "live";
  let position = start;
  while (!stop.aborted) {
    await events.sequence();
    const found = await events.after(position, BATCH, { types, which });
    for (const event of found) {
      position = event.position ?? position;
      if (await isEntry(event, events)) {
        const { subjectId: orderId, type, occurredAt: at } = event;
        yield { orderId, state: type.replace("order.", ""), position, at };
      }
    }
    if (found.length < BATCH)
      await pause(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** An order that is flagged says its state again: that is no entry. */
async function isEntry(
  { id, subjectId, type }: LogEvent,
  { ofSubject }: Pick<Deps["events"], "ofSubject">,
): Promise<boolean> {
  const before = (await ofSubject(subjectId)).filter((event) => event.id < id).at(-1);
  return before?.type !== type;
}
