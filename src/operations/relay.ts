import * as z from "zod";
import type { Deps } from "../deps.ts";
import type { PublicationPage } from "../domain/publication.ts";
import { hasCode, MktError } from "../errors.ts";
import type { LogEvent } from "../stores/aurora/events.ts";
import { closeQuestionsOf, copyQuestions } from "./copy-questions.ts";
import { writeCategoryNames } from "./manage-categories.ts";
import { notificationsOf } from "./notifications.ts";
import { projectPublications } from "./project-publication.ts";

export type RelayDeps = Pick<
  Deps,
  | "events"
  | "publications"
  | "categories"
  | "categoryNames"
  | "pages"
  | "postings"
  | "vocabulary"
  | "questions"
  | "notifications"
  | "orders"
  | "payments"
  | "now"
>;

export interface RelayReport {
  /** Events that were given a position in this pass. */
  sequenced: number;
  /** Events whose effects are in DynamoDB now. */
  applied: number;
  /** Events newly set aside, with why. */
  setAside: { eventId: number; subjectId: string; error: string }[];
  /** How far the relay has come. */
  position: number;
}

const CURSOR = "relay";
/** Words are counted and learned once a batch: the more pages, the less of that. */
const BATCH = 2_000;

/**
 * Applies what is pending to DynamoDB. Effects are absolute and guarded by revision, so that a pass that is
 * cut off, repeated, or run twice at once leaves the same. An event that cannot be applied is set aside with
 * all later ones of its thing; the rest goes on. Throws `unavailable`, with the cursor where it was, when a
 * store is away.
 *
 * `yielding` lets a command that brings much relay it by itself, in a process of its own.
 */
export async function relay(
  deps: RelayDeps,
  progress: (report: RelayReport) => void = () => undefined,
  { yielding = false, stopping }: { yielding?: boolean; stopping?: AbortSignal } = {},
): Promise<RelayReport> {
  await copyQuestions(deps);
  const report: RelayReport = {
    sequenced: await deps.events.sequence(),
    applied: 0,
    setAside: [],
    position: 0,
  };
  const learned = new Set<string>();
  const batch = () => relayBatch(report, learned, deps);
  for (;;) {
    const more = yielding ? await deps.events.relayingAlone(batch) : await batch();
    if (!more || stopping?.aborted) return report;
    progress(report);
  }
}

/** Applies the next events after the cursor. False: there are none. */
async function relayBatch(
  report: RelayReport,
  learned: Set<string>,
  deps: RelayDeps,
): Promise<boolean> {
  report.position = (await deps.events.cursor(CURSOR)).position;
  const end = await deps.events.lastPosition();
  if (end <= report.position) return false;
  // Between these only events stand that have no effect in DynamoDB.
  const events = await deps.events.after(report.position, BATCH, { which: "to_apply" });
  await applyInOrder(events, report, deps, { learned });
  report.position = events.length < BATCH ? Math.max(end, lastOf(events)) : lastOf(events);
  await deps.events.advance(CURSOR, report.position, deps.now());
  return true;
}

/** Applies a thing's events from the one that was set aside; `skip` leaves that one out. */
export async function retrySetAside(
  { eventId, skip }: { eventId: number; skip: boolean },
  deps: RelayDeps,
): Promise<RelayReport> {
  const found = (await deps.events.listSetAside()).find((waiting) => waiting.eventId === eventId);
  if (!found) {
    throw new MktError("not_found", `no event ${eventId} is set aside`, {
      hint: "mkt status lists those that are",
    });
  }
  const { subjectId } = found;
  const { position } = await deps.events.cursor(CURSOR);
  const report: RelayReport = { sequenced: 0, applied: 0, setAside: [], position };
  let after = skip ? eventId : eventId - 1;
  let isMarked = true;
  for (;;) {
    const all = await deps.events.ofSubject(subjectId, after);
    const events = all.filter((event) => event.position !== null);
    await applyInOrder(events, report, deps, { retried: subjectId });
    if (report.setAside.length > 0) return report;
    after = events.at(-1)?.id ?? after;
    if (events.length > 0) continue;
    if (!isMarked) return report;
    // Only now that all is applied, lest a retry that is cut off forgets the rest. What a relay passed over
    // until this moment is applied in another round.
    await deps.events.takeBack(subjectId);
    isMarked = false;
  }
}

const lastOf = (events: readonly LogEvent[]) => events.at(-1)?.position ?? 0;

/**
 * `retried` is the thing whose events are applied although it is set aside; `learned` are words that this pass has
 * taught already.
 */
async function applyInOrder(
  events: readonly LogEvent[],
  report: RelayReport,
  deps: RelayDeps,
  { retried, learned }: { retried?: string; learned?: Set<string> } = {},
): Promise<void> {
  const waiting = await deps.events.waiting([...new Set(events.map(({ subjectId }) => subjectId))]);
  if (retried) waiting.delete(retried);
  const latest = new Map<string, { event: LogEvent; page: PublicationPage }>();
  const setAside = async (event: LogEvent, error: unknown) => {
    if (hasCode(error, "unavailable")) throw error;
    const why = error instanceof Error ? error.message : String(error);
    waiting.add(event.subjectId);
    await deps.events.setAside(event.subjectId, event.id, why, deps.now());
    report.setAside.push({ eventId: event.id, subjectId: event.subjectId, error: why });
  };

  for (const event of events) {
    if (waiting.has(event.subjectId)) continue;
    try {
      // Of several pages of one publication the last one says it all: it is absolute.
      if (event.subjectKind === "publication")
        latest.set(event.subjectId, { event, page: await pageOf(event, deps) });
      await applyOthers(event, deps);
      report.applied += 1;
    } catch (error) {
      await setAside(event, error);
    }
  }
  try {
    await projectPublications(
      [...latest.values()].map(({ page }) => page),
      deps,
      learned && { learned },
    );
  } catch (error) {
    if (hasCode(error, "unavailable")) throw error;
    // One of them cannot be written: each for itself tells which.
    for (const { event, page } of latest.values()) {
      await projectPublications([page], deps).catch((cause: unknown) => setAside(event, cause));
    }
  }
}

const factsSchema = z.object({
  sellerId: z.string(),
  state: z.enum(["active", "paused", "closed"]),
  version: z.int().positive(),
  revision: z.int().positive(),
  priceMinor: z.int().positive(),
  currency: z.string().length(3),
  categories: z.array(z.string()),
  availability: z.enum(["in_stock", "last_units", "sold_out"]),
  rating: z.object({ average: z.number(), count: z.int() }).nullable(),
  publishedAt: z.string(),
  images: z.array(z.string()),
});
const textSchema = z.object({
  title: z.string(),
  description: z.string(),
  language: z.enum(["es", "en", "pt"]),
  keywords: z.string(),
});

/** The page that an event describes; its text stands in it or in the event of its version. */
async function pageOf(event: LogEvent, { publications }: RelayDeps): Promise<PublicationPage> {
  const facts = parse(factsSchema, event.data, event);
  const text = event.personal
    ? parse(textSchema, event.personal, event)
    : parse(textSchema, await publications.document(event.subjectId, facts.version), event);
  return { id: event.subjectId, ...facts, ...text };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, event: LogEvent): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new MktError(
    "invalid",
    `event ${event.id} (${event.type}) is not what it should be: ${z.prettifyError(result.error)}`,
  );
}

/** Everything but pages: names of categories, notifications, questions that nobody will answer. */
async function applyOthers(event: LogEvent, deps: RelayDeps): Promise<void> {
  if (event.subjectKind === "category") await writeCategoryNames(event.position ?? 0, deps);
  if (event.type === "publication.closed")
    await closeQuestionsOf(event.subjectId, event.occurredAt, deps);
  // Nobody is told of what happened elsewhere, or long before.
  if (event.imported) return;
  for (const notification of await notificationsOf(event, deps))
    await deps.notifications.put(notification);
}
