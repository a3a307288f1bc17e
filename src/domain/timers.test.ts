import { expect, test } from "vitest";
import { stepMs } from "./timers.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The steps of a whole jump in which something is due at these moments. */
function walk(jumpMs: number, due: readonly number[] = []): number[] {
  const stops: number[] = [];
  for (let doneMs = 0; doneMs < jumpMs; ) {
    const next = due.find((moment) => moment > doneMs);
    const dueInMs = next === undefined ? undefined : next - doneMs;
    doneMs += stepMs({ jumpMs, doneMs, steps: stops.length, dueInMs });
    stops.push(doneMs);
  }
  return stops;
}

test("a jump stops at what is due, at the end, and often enough in between", () => {
  expect(walk(15 * 60_000)).toEqual([15 * 60_000]);
  expect(walk(3 * HOUR_MS, [HOUR_MS, HOUR_MS + 5_000])).toEqual([
    HOUR_MS,
    HOUR_MS + 5_000,
    3 * HOUR_MS,
  ]);
  expect(walk(3 * DAY_MS, [50 * HOUR_MS]).map((stop) => stop / HOUR_MS)).toEqual([
    6, 12, 18, 24, 48, 50, 72,
  ]);
});

test("a jump of ten years, and one with much due, end after few steps", () => {
  expect(walk(3_650 * DAY_MS).length).toBeLessThan(200);
  const everyMinute = Array.from({ length: 43_200 }, (_, i) => i * 60_000);
  expect(walk(30 * DAY_MS, everyMinute).length).toBeLessThan(1_100);
});
