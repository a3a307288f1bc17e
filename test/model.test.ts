import fc from "fast-check";
import { test } from "vitest";
import { sequences } from "./model/steps.ts";
import { playSequence, type Stage, setStage } from "./model/world.ts";

// A failing run prints its seed and path; MKT_SEED and MKT_PATH replay it, MKT_SEQUENCES plays more, and
// MKT_SHRINK looks for a shorter sequence that fails, which takes many more.
const { MKT_SEED, MKT_PATH, MKT_SEQUENCES = "10", MKT_SHRINK } = process.env;
const TIMEOUT_MS = 4 * 3_600_000;
/** A marketplace grows slower with its history: after so many sequences a new one begins. */
const SEQUENCES_A_STAGE = 25;

const seed = MKT_SEED === undefined ? Date.now() % 2 ** 31 : Number(MKT_SEED);

test(`${MKT_SEQUENCES} random sales, with news and timers, go as the model says: seed ${seed}`, {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const stages: Stage[] = [];
  const reached = new Set<string>();
  let played = 0;
  const property = fc.asyncProperty(sequences, async (steps) => {
    if (played % SEQUENCES_A_STAGE === 0) stages.unshift(await setStage(t));
    played += 1;
    const [stage] = stages;
    if (!stage) return;
    for (const state of await playSequence(stage, `${played}`, steps)) reached.add(state);
  });
  await fc.assert(property, {
    seed,
    numRuns: Number(MKT_SEQUENCES),
    ...(MKT_PATH && { path: MKT_PATH }),
    endOnFailure: !MKT_SHRINK,
  });
  if (Number(MKT_SEQUENCES) < 50) return;
  t.expect([...reached].sort()).toEqual([
    ...["cancelled", "completed", "delivered", "disputed", "expired", "not_delivered"],
    ...["paid", "refunded", "reserved", "shipped"],
  ]);
});
