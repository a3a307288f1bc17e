import type { Deps } from "../../deps.ts";
import { type Actor, requireStaff } from "../../domain/actor.ts";
import type { Question } from "../../domain/question.ts";
import { asLoaded, sourceOf } from "../../domain/snapshot/as-loaded.ts";
import { hasCode, MktError } from "../../errors.ts";
import { eventsOf } from "../copy-questions.ts";
import { projectNow } from "../project-now.ts";
import { openSnapshotFile } from "./snapshot-file.ts";

export interface LoadRequest {
  actor: Actor;
  file: string;
  /** Only says what would be loaded. */
  dryRun: boolean;
  stopping: AbortSignal;
}

/** A snapshot that was loaded, or would be. */
export interface LoadedSnapshot {
  id: string;
  /** What its things say of where they came from. */
  source: string;
  madeAt: string;
  anonymized: boolean;
  orders: string[];
  dryRun: boolean;
  /** All of it was there before. */
  wasThere: boolean;
  /** Rows written, or to be written, by table. */
  rows: Record<string, number>;
  images: number;
}

type LoadDeps = Pick<
  Deps,
  | "snapshots"
  | "questions"
  | "objects"
  | "publications"
  | "pages"
  | "postings"
  | "vocabulary"
  | "notice"
  | "now"
>;

/**
 * Loads a snapshot into this profile. The whole file is checked before anything is written; then come its pictures,
 * then its rows in one transaction, then its questions and pages. The same again changes nothing, and finishes what
 * was cut off. For operators.
 */
export async function loadSnapshot(request: LoadRequest, deps: LoadDeps): Promise<LoadedSnapshot> {
  const { actor, file: path, dryRun, stopping } = request;
  requireStaff(actor, "operator");
  await using file = await openSnapshotFile(path);
  const { header, world } = await file.read();
  const { id, madeAt, anonymized, orders, images } = header;
  const source = sourceOf(header);
  if (!dryRun) {
    for await (const { bytes } of file.images()) {
      if (stopping.aborted) throw new MktError("interrupted", "interrupted; no row was loaded");
      await deps.objects.putImage(bytes);
    }
  }
  const questions = world.question as Question[];
  const { userId, operatorId } = actor;
  const rows = await deps.snapshots.load(
    asLoaded(header, world),
    questions.flatMap(eventsOf),
    (written) => ({
      actorId: operatorId ?? userId,
      onBehalfOf: operatorId && userId,
      action: "snapshot.load",
      subjectKind: "order",
      subjectId: orders[0] ?? "",
      detail: { snapshot: id, orders, anonymized, rows: written },
      at: deps.now(),
    }),
    { dryRun },
  );
  const brought = await bringQuestions(questions, dryRun, deps);
  if (brought > 0) rows.question = brought;
  if (!dryRun) {
    await projectNow(
      world.publication.map((publication) => publication.id),
      deps,
    );
  }
  const wasThere = Object.keys(rows).length === 0;
  return { id, source, madeAt, anonymized, orders, dryRun, wasThere, rows, images };
}

/** Brings the questions that are not here, and gives how many; without DynamoDB they come by loading again. */
async function bringQuestions(
  asked: readonly Question[],
  dryRun: boolean,
  { questions, notice }: LoadDeps,
): Promise<number> {
  let brought = 0;
  try {
    for (const question of asked) {
      const isNew = dryRun
        ? (await questions.get(question.id)) === undefined
        : await questions.restore(question);
      if (isNew) brought += 1;
    }
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    notice("DynamoDB cannot be reached: load the snapshot again for its questions");
  }
  return brought;
}
