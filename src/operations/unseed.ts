import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import type { SeedRun } from "../stores/aurora/seed-runs.ts";
import type { Deleted } from "../stores/aurora/unseed.ts";
import type { GoneIds } from "../stores/dynamo/unseed.ts";
import { copyQuestions } from "./copy-questions.ts";
import { writeCategoryNames } from "./manage-categories.ts";
import { type HomeDeps, rebuildSections } from "./rebuild-home.ts";

export interface UnseedRequest {
  actor: Actor;
  run: string;
  progress: (items: number) => void;
}

export interface Unseeded {
  run: string;
  /** Rows of Aurora by table; empty where a former try had deleted them. */
  deleted: Deleted;
  /** Items of DynamoDB. */
  items: number;
}

type UnseedDeps = HomeDeps &
  Pick<Deps, "unseeding" | "runItems" | "questions" | "categoryNames" | "now">;

/** A relay that had read events of the run before they went writes pages for a moment longer. */
const PASSES_MOST = 20;
const PAUSE_MS = 1_000;

/** Worlds that were seeded. For operators. */
export async function listSeedRuns(
  { actor }: { actor: Actor },
  { seedRuns }: Pick<Deps, "seedRuns">,
): Promise<SeedRun[]> {
  requireStaff(actor, "operator");
  return seedRuns.list();
}

/**
 * Takes a seeded world away: its rows in one transaction, then what DynamoDB has of it. Refused with `conflict`,
 * and nothing changed, where anything outside of the run refers to it. A try that was cut off after the rows were
 * gone goes on. Leaves one audit row. For operators.
 */
export async function unseed({ actor, run, progress }: UnseedRequest, deps: UnseedDeps) {
  requireStaff(actor, "operator");
  // What was asked shall be seen by those who look for references.
  await copyQuestions(deps);
  const { left, deleted } = await deps.unseeding.takeAway(run, actor.userId, deps.now());
  const gone: GoneIds = {
    users: new Set(left.users),
    publications: new Set(left.publications),
    categories: new Set(left.categories),
  };
  const items = await takeOut(gone, progress, deps);
  await writeCategoryNames(await deps.events.lastPosition(), deps);
  await deps.unseeding.forget(run);
  return { run, deleted, items } satisfies Unseeded;
}

/** Goes through the table until nothing of it is found any more. */
async function takeOut(
  gone: GoneIds,
  progress: UnseedRequest["progress"],
  deps: UnseedDeps,
): Promise<number> {
  let all = 0;
  for (let pass = 1; pass <= PASSES_MOST; pass++) {
    const { items, sections } = await deps.runItems.takeOut(gone, progress);
    all += items;
    if (sections.length > 0)
      await deps.runItems.dropSections(await rebuildSections(sections, deps));
    if (items === 0 && sections.length === 0) return all;
    await pause(PAUSE_MS);
  }
  throw new MktError("conflict", "something writes pages of the run again and again", {
    hint: "the same command again goes on",
  });
}
