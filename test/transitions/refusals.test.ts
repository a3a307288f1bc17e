import { expect, test } from "vitest";
import {
  findTransition,
  type Machine,
  statesOf,
  TRANSITIONS,
} from "../../src/domain/transitions.ts";
import { wayOf } from "./causes.ts";
import { exceptions } from "./exceptions.ts";
import { play, SHIP, type StepName } from "./flows.ts";
import { openShop, reserve } from "./shop.ts";
import {
  allTrials,
  eventsOf,
  laboratory,
  lastTransition,
  MACHINES,
  nameOf,
  pairOf,
  stepsSince,
  waysOf,
} from "./trials.ts";

const trials = allTrials();

test("every pair of a state and an event is in the table or is tried, in every way in which it comes", () => {
  const pairs = MACHINES.flatMap((machine) =>
    statesOf(machine).flatMap((state) =>
      eventsOf(machine).map((event) => ({ machine, state, event })),
    ),
  );
  const untabled = pairs.filter(
    ({ machine, state, event }) => !findTransition(machine, state, event),
  );
  expect([...new Set(trials.map(pairOf))]).toEqual(untabled.map(pairOf));
  const tabled = TRANSITIONS.filter(({ from }) => from !== null);
  expect(untabled).toHaveLength(pairs.length - tabled.length);

  const missing = TRANSITIONS.flatMap(({ machine, event, actors }) =>
    actors
      .map(wayOf)
      .filter((way) => !waysOf(machine, event).includes(way))
      .map((way) => `${machine} ${event} by ${way}`),
  );
  expect(missing).toEqual([]);
});

test("every exception is a trial, and what it leads through is in the table", () => {
  const names = new Set(trials.map(nameOf));
  expect([...exceptions().keys()].filter((name) => !names.has(name))).toEqual([]);
  const steps = [...exceptions().values()]
    .filter((outcome) => outcome !== "nothing" && !outcome.startsWith("writes"))
    .flatMap((outcome) => outcome.split(", "));
  const rows = TRANSITIONS.map(({ machine, event }) => `${machine} ${event}`);
  expect([...new Set(steps)].filter((step) => !rows.includes(step))).toEqual([]);
});

test("whatever is not in the table is refused with exit 4, and nothing changes", {
  timeout: 300_000,
}, async (t) => {
  const shop = await openShop(t);
  const tryOut = laboratory(shop);
  const allowed = exceptions();
  const expected: Record<string, string> = {};
  const came: Record<string, string> = {};
  for (const trial of trials) {
    const name = nameOf(trial);
    // Nobody waits for what a timer, a provider or the relay does: they pass it over.
    const isAsked = !["timer", "provider", "relay"].includes(trial.way);
    expected[name] = allowed.get(name) ?? (isAsked ? "refused" : "nothing");
    came[name] = await tryOut(trial);
  }
  expect(came).toEqual(expected);

  // What is walked all the same is walked by rows of the table.
  const { rows } = await shop.admin.query<{
    machine: Machine;
    from: string | null;
    event: string;
    to: string;
  }>(`select distinct machine, from_state as "from", event, to_state as "to" from transition`);
  const illegal = rows.filter(
    ({ machine, from, event, to }) => findTransition(machine, from, event)?.to !== to,
  );
  expect(illegal).toEqual([]);
});

const DECIDED: Readonly<Record<string, readonly StepName[]>> = {
  disputed: [...SHIP, "dispute"],
  completed: [...SHIP, "dispute", "dismiss"],
  refunded: [...SHIP, "dispute", "settle for all"],
};

const ARRIVALS = [
  ["the carrier delivers", "shipment deliver"],
  ["the carrier fails", "shipment fail_delivery"],
  ["the carrier loses it", "shipment lose"],
] as const;

test("what becomes of a parcel moves no order that was decided while it was on its way", {
  timeout: 60_000,
}, async (t) => {
  const shop = await openShop(t);
  for (const [state, flow] of Object.entries(DECIDED)) {
    for (const [name, step] of ARRIVALS) {
      const order = await reserve(shop);
      await play(flow, order, shop);
      const since = await lastTransition(shop);
      await play([name], order, shop);
      expect(await stepsSince(since, shop), `${state}: ${name}`).toEqual([step]);
      const after = await shop.deps.orders.find(order);
      expect(after?.state).toBe(state);
      expect(after?.deliveredAt !== null).toBe(step === "shipment deliver");
    }
  }
});
