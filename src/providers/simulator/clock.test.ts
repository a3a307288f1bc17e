import { setImmediate as soon } from "node:timers/promises";
import { type TestContext, test } from "vitest";
import { startClock } from "./clock.ts";

const DAY_MS = 86_400_000;
const START = Date.parse("2026-01-02T03:04:05.000Z");

/** A clock whose real time stands still unless the test sets it. */
function setup(t: TestContext, offsetMs = 0) {
  const real = { ms: START };
  const clock = startClock(() => new Date(real.ms), offsetMs);
  t.onTestFinished(() => clock.close());
  const days = () => (clock.now().getTime() - START) / DAY_MS;
  const inDays = (count: number) => new Date(START + count * DAY_MS);
  return { clock, real, days, inDays };
}

test("a jump runs what became due in the order of time, each at its own moment", (t) => {
  const { clock, days, inDays } = setup(t);
  const seen: string[] = [];
  const note = (name: string) => () => void seen.push(`${name} on day ${days()}`);
  clock.at(inDays(3), note("third"));
  clock.at(inDays(1), () => {
    note("first")();
    // What follows from it within the jump happens within the jump.
    clock.at(inDays(2), note("second"));
    clock.at(inDays(9), note("too late"));
  });
  clock.at(inDays(3), note("fourth"));
  clock.advance(4 * DAY_MS);
  t.expect(seen).toEqual([
    "first on day 1",
    "second on day 2",
    "third on day 3",
    "fourth on day 3",
  ]);
  t.expect(days()).toBe(4);
  t.expect(clock.offsetMs()).toBe(4 * DAY_MS);
});

test("what comes late has its own moment too, but never one before what was told already", (t) => {
  const { clock, real, days, inDays } = setup(t);
  let at: number | undefined;
  clock.at(inDays(1), () => {
    at = days();
  });
  real.ms = START + 2 * DAY_MS;
  t.expect(days()).toBe(2);
  clock.advance(0);
  t.expect(at).toBe(2);
  real.ms = START;
  t.expect(days()).toBe(2);
});

test("it begins where it was, and time goes on from there", (t) => {
  const { real, days } = setup(t, 5 * DAY_MS);
  t.expect(days()).toBe(5);
  real.ms += DAY_MS;
  t.expect(days()).toBe(6);
});

test("a timer of years waits, though Node's own would run at once", async (t) => {
  const { clock, inDays } = setup(t);
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => void warnings.push(name);
  process.on("warning", onWarning);
  t.onTestFinished(() => void process.off("warning", onWarning));
  let ran = false;
  clock.at(inDays(400), () => {
    ran = true;
  });
  await soon();
  t.expect(warnings).toEqual([]);
  t.expect(ran).toBe(false);
  clock.advance(400 * DAY_MS);
  t.expect(ran).toBe(true);
});

test("nothing runs after the end", (t) => {
  const { clock, inDays } = setup(t);
  let ran = false;
  clock.at(inDays(1), () => {
    ran = true;
  });
  clock.close();
  clock.advance(2 * DAY_MS);
  t.expect(ran).toBe(false);
});
