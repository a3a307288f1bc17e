import { createHash } from "node:crypto";
import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { checkImage, type ImageType } from "../domain/image.ts";
import type { OrderLine } from "../domain/order.ts";
import type { PublicationDocument } from "../domain/publication.ts";
import type { Question } from "../domain/question.ts";
import { hasCode } from "../errors.ts";
import { type DisputeStory, showDispute } from "./list-disputes.ts";
import { type OrderStory, showOrder } from "./show-order.ts";

/** A picture of a publication, and whether it is what its name says. */
export type DossierPicture = { sha256: string } & (
  | { is: "whole"; bytes: Uint8Array; mediaType: ImageType }
  /** Its bytes hash to something else. */
  | { is: "altered"; foundSha256: string }
  | { is: "missing" | "unread" | "too_large" }
);

/** A line as it was bought, and what became of its publication. */
export interface DossierLine extends OrderLine {
  /** What the page said then; null: nobody knows any more. */
  document: PublicationDocument | null;
  pictures: DossierPicture[];
  /** The publication today; null: there is none. */
  today: {
    state: string;
    version: number;
    /** What its seller made otherwise since. */
    changed: string[];
    /** What it says today, if that is something else. */
    description: string | null;
  } | null;
}

/** All that a decision about a dispute needs, gathered from every store. */
export interface Dossier {
  dispute: DisputeStory;
  order: Omit<OrderStory, "lines" | "questions">;
  lines: DossierLine[];
  /** Of all publications of the order, whoever asked, oldest first. */
  questions: Question[];
  /** What could not be read, in sentences. */
  gaps: string[];
  timeZone: string;
  madeAt: string;
}

type DossierDeps = Parameters<typeof showOrder>[1] &
  Parameters<typeof showDispute>[1] &
  Pick<Deps, "publications" | "questions" | "objects" | "profile" | "now">;

const QUESTIONS_LIMIT = 100;
/** Of all pictures together: a page is to be opened and sent. */
const PICTURES_LIMIT_BYTES = 48 * 1024 * 1024;

/**
 * Gathers what whoever decides a dispute must know, by its id or its order's. For staff who may decide it. Without
 * DynamoDB or S3 it is gathered without what stands there, and says so.
 */
export async function disputeDossier(
  { actor, dispute: text }: { actor: Actor; dispute: string },
  deps: DossierDeps,
): Promise<Dossier> {
  requireStaff(actor, "operator", "support");
  const dispute = await showDispute({ actor, dispute: text }, deps);
  // What it would say on stderr of a store that is away stands in the dossier.
  const quiet = { ...deps, notice: () => undefined };
  const {
    lines,
    questions: _,
    ...order
  } = await showOrder({ actor, order: dispute.orderId }, quiet);
  const gaps: string[] = [];
  return {
    dispute,
    order,
    lines: await boughtLines(lines, gaps, deps),
    questions: await questionsOf(lines, gaps, deps),
    gaps,
    timeZone: deps.profile.timeZone,
    madeAt: deps.now(),
  };
}

async function boughtLines(
  lines: readonly OrderLine[],
  gaps: string[],
  deps: DossierDeps,
): Promise<DossierLine[]> {
  const readPicture = pictureReader(gaps, deps);
  const bought: DossierLine[] = [];
  for (const line of lines) {
    const { publicationId, publicationVersion: version } = line;
    const document = await documentAt(publicationId, version, deps);
    if (!document)
      gaps.push(`What publication ${publicationId} said at version ${version} is not known.`);
    const pictures: DossierPicture[] = [];
    for (const sha256 of document?.images ?? []) pictures.push(await readPicture(sha256));
    bought.push({ ...line, document, pictures, today: await todayOf(line, document, deps) });
  }
  return bought;
}

async function documentAt(
  id: string,
  version: number,
  { publications }: DossierDeps,
): Promise<PublicationDocument | null> {
  try {
    return await publications.document(id, version);
  } catch (error) {
    if (hasCode(error, "not_found")) return null;
    throw error;
  }
}

/** What its seller changed of a publication since it was bought. */
async function todayOf(
  { publicationId: id, unitPriceMinor }: OrderLine,
  bought: PublicationDocument | null,
  deps: DossierDeps,
): Promise<DossierLine["today"]> {
  const row = await deps.publications.find(id);
  if (!row) return null;
  const { state, version, priceMinor } = row;
  const now = await documentAt(id, version, deps);
  const changed = (["title", "description", "keywords", "images"] as const).filter(
    (field) => now && bought && JSON.stringify(now[field]) !== JSON.stringify(bought[field]),
  );
  const isOtherPrice = priceMinor !== unitPriceMinor;
  return {
    state,
    version,
    changed: isOtherPrice ? [...changed, "price"] : changed,
    description: changed.includes("description") ? (now?.description ?? null) : null,
  };
}

/** Reads pictures one by one, whole and only as long as the page stays small enough. */
function pictureReader(
  gaps: string[],
  { objects }: DossierDeps,
): (sha256: string) => Promise<DossierPicture> {
  let left = PICTURES_LIMIT_BYTES;
  let isAway = false;
  return async (sha256) => {
    if (isAway) return { sha256, is: "unread" };
    try {
      const { bytes } = await objects.getImage(sha256);
      const found = createHash("sha256").update(bytes).digest("hex");
      if (found !== sha256) return { sha256, is: "altered", foundSha256: found };
      if (bytes.length > left) return { sha256, is: "too_large" };
      left -= bytes.length;
      return { sha256, is: "whole", bytes, mediaType: checkImage(bytes).mediaType };
    } catch (error) {
      if (hasCode(error, "not_found")) return { sha256, is: "missing" };
      if (!hasCode(error, "unavailable")) throw error;
      isAway = true;
      gaps.push("S3 could not be reached: pictures are named by their SHA-256, and not shown.");
      return { sha256, is: "unread" };
    }
  };
}

async function questionsOf(
  lines: readonly OrderLine[],
  gaps: string[],
  { questions }: DossierDeps,
): Promise<Question[]> {
  const ids = [...new Set(lines.map(({ publicationId }) => publicationId))];
  const asked: Question[] = [];
  try {
    for (const id of ids) {
      const page = await questions.listByPublication(id, { limit: QUESTIONS_LIMIT });
      asked.push(...page.items);
      if (page.nextPageToken !== undefined)
        gaps.push(
          `Of the questions about publication ${id} only the last ${QUESTIONS_LIMIT} stand here.`,
        );
    }
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    gaps.push("DynamoDB could not be reached: questions and answers are missing.");
  }
  return asked.sort((one, other) => (one.askedAt < other.askedAt ? -1 : 1));
}
