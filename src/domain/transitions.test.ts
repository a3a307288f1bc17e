import { test } from "vitest";
import { ERRORS, MktError } from "../errors.ts";
import { findTransition, nextState, providerPath, statesOf, TRANSITIONS } from "./transitions.ts";

const machines = [...new Set(TRANSITIONS.map(({ machine }) => machine))];

/** Every pair of a state and an event of one machine, those without a row too. */
const pairs = machines.flatMap((machine) => {
  const events = [
    ...new Set(TRANSITIONS.filter((row) => row.machine === machine).map(({ event }) => event)),
  ];
  return statesOf(machine).flatMap((state) =>
    events.map((event) => ({
      machine,
      state,
      event,
      rows: TRANSITIONS.filter(
        (row) => row.machine === machine && row.from === state && row.event === event,
      ),
    })),
  );
});

test.for(pairs)("$machine $state, $event", ({ machine, state, event, rows }, t) => {
  const [row, ...others] = rows;
  t.expect(others, "one row a pair").toEqual([]);
  if (row) {
    t.expect(nextState(machine, "id", state, event)).toBe(row.to);
    return;
  }
  try {
    nextState(machine, "id", state, event);
  } catch (error) {
    t.expect(error).toBeInstanceOf(MktError);
    t.expect(error).toMatchObject({ code: "illegal_transition" });
    t.expect(ERRORS.illegal_transition.exit).toBe(4);
    return;
  }
  t.expect.unreachable(`${machine} ${state} let ${event} pass`);
});

test("every state but the last ones has a way out, and somebody or a timer to take it", (t) => {
  const ends = machines.flatMap((machine) =>
    statesOf(machine)
      .filter((state) => !TRANSITIONS.some((row) => row.machine === machine && row.from === state))
      .map((state) => `${machine} ${state}`),
  );
  t.expect(ends.sort()).toEqual([
    "dispute dismissed",
    "dispute partially_refunded",
    "dispute refunded",
    "order cancelled",
    "order expired",
    "order refunded",
    "payment refunded",
    "publication closed",
    "question answered",
    "question closed_unanswered",
    "question deleted",
    "refund succeeded",
    "shipment cancelled",
    "shipment delivered",
    "shipment lost",
    "shipment returned",
  ]);
  t.expect(TRANSITIONS.filter(({ actors }) => actors.length === 0)).toEqual([]);
});

test("what a timer does has a time, and what a person does has a command", (t) => {
  const timed = TRANSITIONS.filter(({ actors, timer }) => actors.includes("timer") && !timer);
  // A timer that moves an order takes its shipment and its refund along.
  t.expect(timed.map(({ machine, event }) => `${machine} ${event}`)).toEqual([
    "refund request",
    "refund request",
    "shipment cancel",
    "shipment cancel",
    "shipment cancel",
  ]);
  const person = ["buyer", "seller", "staff"] as const;
  const silent = TRANSITIONS.filter(
    ({ actors, command }) =>
      actors.some((actor) => person.some((one) => one === actor)) && !command,
  );
  t.expect(silent).toEqual([]);
});

test("a provider's news never leads through what it does not say", (t) => {
  t.expect(providerPath("shipment", "pending", "delivered")).toBeNull();
  t.expect(
    providerPath("shipment", "ready_to_ship", "delivered")?.map(({ event }) => event),
  ).toEqual(["scan", "deliver"]);
  t.expect(providerPath("payment", "refunded", "approved")).toBeNull();
  t.expect(findTransition("payment", "cancelled", "approve_late")?.to).toBe("approved");
});
