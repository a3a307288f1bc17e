import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";

/** The run of a catalogue that is published, so that it can be listed and undone like any other. */
export interface PublishJournal {
  /** Null until something was published. */
  runId: string | null;
  /** Keeps which publication came of which line. */
  keep(published: readonly { line: number; publicationId: string }[], total: number): Promise<void>;
  end(state: "finished" | "interrupted", rejected: number): Promise<void>;
}

/**
 * Opens the journal of a catalogue. It is only a record: what is there already is known by its external id, so
 * that the same command goes on by itself, in a run of its own.
 */
export function publishJournal(
  { actor, path, digest }: { actor: Actor; path: string; digest: string },
  { bulkRuns, now }: Pick<Deps, "bulkRuns" | "now">,
): PublishJournal {
  let done = 0;
  const journal: PublishJournal = {
    runId: null,
    keep: async (published, total) => {
      if (published.length === 0) return;
      journal.runId ??= await begin(total);
      done += published.length;
      const rows = published.map(({ line, publicationId }) => ({
        line,
        state: "done" as const,
        subjectKind: "publication",
        subjectId: publicationId,
        result: { state: "active" },
        code: null,
        reason: null,
        undo: { publication: publicationId },
      }));
      await bulkRuns.record(journal.runId, rows, { done, failed: 0 }, now());
    },
    end: async (state, failed) => {
      if (journal.runId === null) return;
      await bulkRuns.setState(journal.runId, { state, done, failed }, now());
    },
  };
  const begin = async (total: number): Promise<string> => {
    const content = [actor.userId, digest, newId()].join(" ");
    const run = await bulkRuns.insert({
      id: newId(),
      command: "publish",
      actorId: actor.userId,
      inputName: path,
      inputDigest: createHash("sha256").update(content).digest("hex"),
      // `secret`: it is not gone on with by its rows, but by the same command.
      options: { path: resolve(path), secret: "--mapping" },
      total,
      createdAt: now(),
    });
    return run.id;
  };
  return journal;
}
