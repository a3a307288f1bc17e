import type { Deps } from "../deps.ts";
import type { Question } from "../domain/question.ts";
import { hasCode } from "../errors.ts";
import type { CopiedEvent } from "../stores/aurora/events.ts";

type QuestionDeps = Pick<Deps, "questions" | "events">;

const BATCH = 50;

/**
 * Copies what happened to questions from DynamoDB's outbox into Aurora's event log: reads each consistently,
 * adds every event up to its version under ids that make a repeat harmless, and takes it out of the outbox
 * only if it has not changed since. Gives how many questions it copied.
 */
export async function copyQuestions({ questions, events }: QuestionDeps): Promise<number> {
  let copied = 0;
  for (;;) {
    const ids = await questions.pendingOutbox(BATCH);
    let cleared = 0;
    for (const id of ids) {
      const question = await questions.get(id);
      if (!question) continue;
      await events.copy(eventsOf(question));
      if (await questions.clearOutbox(id, question.version)) cleared += 1;
    }
    copied += cleared;
    // The index lags behind: entries that were cleared already may show up for a moment.
    if (ids.length < BATCH || cleared === 0) return copied;
  }
}

/** Closes what nobody will answer any more, when a publication closes. */
export async function closeQuestionsOf(
  publicationId: string,
  at: string,
  { questions }: Pick<Deps, "questions">,
): Promise<void> {
  let pageToken: string | undefined;
  do {
    const page = await questions.listByPublication(publicationId, { limit: BATCH, pageToken });
    for (const { id, state } of page.items) {
      if (state !== "unanswered") continue;
      try {
        await questions.closeUnanswered(id, at);
      } catch (error) {
        // Answered or deleted at this moment: then there is nothing to close.
        if (!hasCode(error, "illegal_transition")) throw error;
      }
    }
    pageToken = page.nextPageToken;
  } while (pageToken);
}

/** What happened to a question, as the event log tells it. */
export function eventsOf(question: Question): CopiedEvent[] {
  const { id, publicationId, sellerId, askerId, text, state, answer, askedAt, version } = question;
  const asked = fact(
    question,
    "asked",
    1,
    askedAt,
    { publicationId, sellerId, askerId, state: "unanswered" },
    { text },
  );
  if (state === "unanswered") return [asked];
  const data = { publicationId, sellerId, askerId, state };
  const at = question.answeredAt ?? askedAt;
  return [asked, fact(question, state, version, at, data, answer === null ? null : { answer })];

  function fact(
    { id: subjectId }: Question,
    what: string,
    revision: number,
    occurredAt: string,
    facts: Record<string, unknown>,
    personal: Record<string, unknown> | null,
  ): CopiedEvent {
    const by = what === "asked" || what === "deleted" ? askerId : sellerId;
    return {
      sourceKey: `${id}#${what}`,
      type: `question.${what}`,
      subjectKind: "question",
      subjectId,
      revision,
      actor: `user:${by}`,
      occurredAt,
      data: facts,
      personal,
    };
  }
}
