import type { Deps } from "../../deps.ts";
import type { Actor } from "../../domain/actor.ts";
import { MktError } from "../../errors.ts";
import type { BulkRun } from "../../stores/aurora/bulk-runs.ts";
import { actFor } from "../act-for.ts";
import { behind, type Runner } from "./row-actors.ts";
import {
  type FileRequest,
  goOn,
  type RunOptions,
  type RunReport,
  runDigest,
  survey,
} from "./run-file.ts";

/** Who goes on with a run: whoever began it, or an operator who acts for them. */
export async function runnerOf(
  run: BulkRun,
  { actor, reason }: Runner,
  action: string,
  deps: Deps,
): Promise<Runner> {
  return { actor: await actorOfRun(run, { actor, reason }, action, deps), reason };
}

async function actorOfRun(
  run: BulkRun,
  { actor, reason }: Runner,
  action: string,
  deps: Deps,
): Promise<Actor> {
  if (actor.userId === run.actorId) return actor;
  return actFor(behind(actor), { user: run.actorId, reason, action }, deps);
}

/** What a run was begun with. Throws `usage` for one that cannot be gone on with by itself. */
export function optionsOf(run: BulkRun): RunOptions {
  // Whatever is in there, `runFile` has put there.
  const options = run.options as unknown as RunOptions;
  if (options.secret === null) return options;
  throw new MktError("usage", "the run was begun with an option that is kept nowhere", {
    hint: "give the same command again: it goes on",
  });
}

/**
 * Goes on with a run on the same content: rows that are not done, and those that failed. Throws `conflict` for
 * other content, and for a run that was undone.
 */
export async function resumeRun<Row, Value>(
  run: BulkRun,
  request: Omit<FileRequest<Row, Value>, "options" | "again">,
  deps: Deps,
): Promise<RunReport> {
  const { input } = request;
  if (run.state === "undone")
    throw new MktError("conflict", `run ${run.id} was undone`, {
      hint: "the same command again begins a new one",
    });
  await survey(request, deps);
  const { command, actorId, inputDigest } = run;
  const content = await input.digest();
  if (runDigest({ command, actorId, options: optionsOf(run), content }) !== inputDigest) {
    throw new MktError("conflict", `${input.name} is not the file of run ${run.id}`, {
      hint: "a file that was changed is another one: give it to the command itself",
    });
  }
  return deps.bulkRuns.alone(inputDigest, async () => goOn(run, request, deps));
}
