import { randomBytes } from "node:crypto";
import type { Deps } from "../../deps.ts";
import { type Actor, requireStaff } from "../../domain/actor.ts";
import { newId } from "../../domain/ids.ts";
import type { Question } from "../../domain/question.ts";
import { anonymize } from "../../domain/snapshot/anonymize.ts";
import { closeWorld } from "../../domain/snapshot/close-world.ts";
import { countRows, imageLine, worldLines } from "../../domain/snapshot/file-lines.ts";
import { pseudonyms } from "../../domain/snapshot/pseudonyms.ts";
import {
  FORMAT,
  imagesOf,
  peopleIn,
  type SnapshotHeader,
  VERSION,
  type World,
} from "../../domain/snapshot/world.ts";
import { MktError } from "../../errors.ts";
import { writeSnapshotFile } from "./snapshot-file.ts";

export interface SaveRequest {
  actor: Actor;
  /** Orders, by their ids or the beginnings of them. */
  orders: readonly string[];
  depth: number;
  limit: number;
  anonymize: boolean;
  file: string;
  stopping: AbortSignal;
  /** Asked before personal data of real people leaves; false: it does not. */
  approve: () => Promise<boolean>;
}

/** A snapshot that was saved. */
export interface SavedSnapshot {
  id: string;
  file: string;
  anonymized: boolean;
  orders: string[];
  depth: number;
  /** Orders were left out for the limit. */
  isCut: boolean;
  rows: Record<string, number>;
  images: number;
}

type SaveDeps = Pick<
  Deps,
  "snapshots" | "questions" | "objects" | "lookup" | "profile" | "notice" | "now"
>;

const QUESTIONS_AT_ONCE = 100;
/** The newest of each publication. */
const QUESTIONS_LIMIT = 200;

/**
 * Saves the closed little world around some orders in one file of mode 0600, which is there only when it is whole.
 * For operators and support. Throws `conflict` when the person does not approve, `interrupted` when it is stopped.
 */
export async function saveSnapshot(request: SaveRequest, deps: SaveDeps): Promise<SavedSnapshot> {
  const { actor, depth, limit, file } = request;
  requireStaff(actor, "operator", "support");
  const orders: string[] = [];
  for (const order of request.orders) orders.push(await deps.lookup.resolve("order", order));
  if (!request.anonymize && deps.profile.name !== "local" && !(await request.approve()))
    throw new MktError("conflict", "nothing was saved");
  const { world: slice, outside, isCut } = await deps.snapshots.slice({ orders, depth, limit });
  closeWorld(slice, outside);
  slice.question = await questionsOf(slice, deps);
  await addPeople(slice, deps);
  const world = request.anonymize ? anonymize(slice, pseudonyms(randomBytes(32))) : slice;
  const images = await storedImages(world, deps);
  const header: SnapshotHeader = {
    format: FORMAT,
    version: VERSION,
    id: newId(),
    madeAt: deps.now(),
    anonymized: request.anonymize,
    orders: [...new Set(orders)],
    depth,
    rows: countRows(world),
    images: images.length,
  };
  await writeSnapshotFile(file, lines(header, world, images, request.stopping, deps));
  const { id, anonymized, rows } = header;
  const detail = { snapshot: id, orders: header.orders, depth, anonymized, rows };
  const { userId, operatorId } = actor;
  await deps.snapshots.recordSave({
    actorId: operatorId ?? userId,
    onBehalfOf: operatorId && userId,
    action: "snapshot.save",
    subjectKind: "order",
    subjectId: orders[0] ?? "",
    detail,
    at: deps.now(),
  });
  return { id, file, anonymized, orders: header.orders, depth, isCut, rows, images: images.length };
}

/** The questions that people see at the publications. */
async function questionsOf(
  { publication }: World,
  { questions, notice }: SaveDeps,
): Promise<World["question"]> {
  const found: World["question"] = [];
  for (const { id } of publication) {
    const own: Question[] = [];
    let pageToken: string | undefined;
    do {
      const page = await questions.listByPublication(id, { limit: QUESTIONS_AT_ONCE, pageToken });
      own.push(...page.items);
      pageToken = page.nextPageToken;
    } while (pageToken && own.length < QUESTIONS_LIMIT);
    if (pageToken) notice(`publication ${id}: only its newest ${own.length} questions are saved`);
    found.push(...own);
  }
  return found;
}

/** Everybody whom the world names, and whoever did something to them. */
async function addPeople(world: World, { snapshots }: SaveDeps): Promise<void> {
  const asked = new Set<string>();
  const told: World["event"] = [];
  for (;;) {
    const ids = peopleIn({ ...world, event: [...world.event, ...told] });
    const further = ids.filter((id) => !asked.has(id));
    if (further.length === 0) break;
    for (const id of further) asked.add(id);
    const { user, event } = await snapshots.people(further);
    world.user.push(...user);
    told.push(...event);
  }
  world.event = [...told, ...world.event];
}

/** The hashes of the world's pictures, without those that are missing here too. */
async function storedImages(world: World, { objects, notice }: SaveDeps): Promise<string[]> {
  const stored: string[] = [];
  for (const image of imagesOf(world)) {
    if ((await objects.imageDigest(image)) === image) stored.push(image);
    else notice(`picture ${image} is missing or damaged here: it is left out`);
  }
  return stored;
}

async function* lines(
  header: SnapshotHeader,
  world: World,
  images: readonly string[],
  stopping: AbortSignal,
  { objects }: SaveDeps,
): AsyncGenerator<string> {
  const goOn = () => {
    if (stopping.aborted) throw new MktError("interrupted", "interrupted");
  };
  yield* worldLines(header, world);
  for (const image of images) {
    goOn();
    yield imageLine(image, (await objects.getImage(image)).bytes);
  }
  goOn();
}
