import { createHash, randomBytes } from "node:crypto";
import type { Deps } from "../../deps.ts";
import { type Actor, requireStaff } from "../../domain/actor.ts";
import { newId } from "../../domain/ids.ts";
import type { Question } from "../../domain/question.ts";
import { anonymize } from "../../domain/snapshot/anonymize.ts";
import { findMisfit, findProblem } from "../../domain/snapshot/check-world.ts";
import { closeWorld } from "../../domain/snapshot/close-world.ts";
import { countRows, imageLine, worldLines } from "../../domain/snapshot/file-lines.ts";
import { withoutMetadata } from "../../domain/snapshot/picture-metadata.ts";
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
 * For operators and support. Throws `interrupted` when the person does not approve, and when it is stopped; `check_failed` when what belongs to the orders names what is not there.
 */
export async function saveSnapshot(request: SaveRequest, deps: SaveDeps): Promise<SavedSnapshot> {
  const { actor, depth, limit, file } = request;
  requireStaff(actor, "operator", "support");
  const orders: string[] = [];
  for (const order of request.orders) orders.push(await deps.lookup.resolve("order", order));
  if (!request.anonymize && deps.profile.name !== "local" && !(await request.approve()))
    throw new MktError("interrupted", "nothing was saved");
  const { world: slice, outside, isCut } = await deps.snapshots.slice({ orders, depth, limit });
  closeWorld(slice, outside);
  slice.question = await questionsOf(slice, deps);
  await addPeople(slice, deps);
  const world = request.anonymize ? anonymize(slice, pseudonyms(randomBytes(32))) : slice;
  const pictures = await picturesOf(world, request.anonymize, deps);
  showPictures(pictures, world);
  requireWhole(world);
  const header: SnapshotHeader = {
    format: FORMAT,
    version: VERSION,
    id: newId(),
    madeAt: deps.now(),
    anonymized: request.anonymize,
    orders: [...new Set(orders)],
    depth,
    rows: countRows(world),
    images: new Set(pictures.map(({ image }) => image)).size,
  };
  await writeSnapshotFile(file, lines(header, world, pictures, request.stopping, deps));
  const { id, anonymized, rows, images } = header;
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
  return { id, file, anonymized, orders: header.orders, depth, isCut, rows, images };
}

/** Refuses to save what could not be loaded. */
function requireWhole(world: World): void {
  const found = findMisfit(world) ?? findProblem(world);
  if (!found) return;
  const row = JSON.stringify(found.row).slice(0, 200);
  throw new MktError(
    "check_failed",
    `what belongs to the order is not whole: ${found.problem}: ${row}`,
    {
      hint: "mkt doctor says what is wrong",
    },
  );
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

/** A picture as it stands here, and the hash of what is saved of it. */
interface Picture {
  stored: string;
  image: string;
}

/** The world's pictures, without those that are missing here too. */
async function picturesOf(
  world: World,
  anonymous: boolean,
  deps: Pick<Deps, "objects" | "notice">,
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const stored of imagesOf(world)) {
    if ((await deps.objects.imageDigest(stored)) !== stored) {
      deps.notice(`picture ${stored} is missing or damaged here: it is left out`);
      continue;
    }
    const bytes = anonymous ? await bytesOf(stored, true, deps) : undefined;
    const image = bytes ? createHash("sha256").update(bytes).digest("hex") : stored;
    pictures.push({ stored, image });
  }
  return pictures;
}

/** Anonymous pictures do not say who took them, where, or when. */
async function bytesOf(
  image: string,
  anonymous: boolean,
  { objects }: Pick<Deps, "objects">,
): Promise<Uint8Array> {
  const { bytes } = await objects.getImage(image);
  return anonymous ? withoutMetadata(bytes) : bytes;
}

/** Lets documents show the pictures that are saved. */
function showPictures(pictures: readonly Picture[], world: World): void {
  const saved = new Map(pictures.map(({ stored, image }) => [stored, image]));
  world.event = world.event.map((event) => {
    const { images } = event.data;
    if (!Array.isArray(images)) return event;
    const shown = [...new Set(images.map((image) => saved.get(String(image)) ?? image))];
    return { ...event, data: { ...event.data, images: shown } };
  });
}

async function* lines(
  header: SnapshotHeader,
  world: World,
  pictures: readonly Picture[],
  stopping: AbortSignal,
  deps: Pick<Deps, "objects">,
): AsyncGenerator<string> {
  const goOn = () => {
    if (stopping.aborted) throw new MktError("interrupted", "interrupted");
  };
  yield* worldLines(header, world);
  const written = new Set<string>();
  for (const { stored, image } of pictures) {
    goOn();
    if (written.has(image)) continue;
    written.add(image);
    yield imageLine(image, await bytesOf(stored, header.anonymized, deps));
  }
  goOn();
}
