import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import type { Question } from "../domain/question.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import { resolvePage } from "./show-publication.ts";

type QuestionDeps = Pick<Deps, "questions" | "pages" | "lookup" | "now">;

const TEXT_LIMIT = 2_000;

/** Asks about a publication: one item, which is at once in the seller's inbox. */
export async function ask(
  { actor, publication, text }: { actor: Actor; publication: string; text: string },
  deps: QuestionDeps,
): Promise<Question> {
  const asked = checkText("question", text, TEXT_LIMIT, { multiline: true });
  const page = await resolvePage(publication, deps);
  const { id: publicationId, sellerId } = page;
  if (sellerId === actor.userId) throw new MktError("conflict", "this publication is your own");
  if (page.state !== "active") {
    throw new MktError(
      "conflict",
      `publication ${publicationId} is ${page.state}: nobody answers there`,
    );
  }
  const askedAt = deps.now();
  return deps.questions.ask({
    id: newId(),
    publicationId,
    sellerId,
    askerId: actor.userId,
    text: asked,
    askedAt,
  });
}

/** Answers an unanswered question; its asker finds the answer in the inbox. */
export async function answer(
  { actor, question: text, answer: answered }: { actor: Actor; question: string; answer: string },
  deps: QuestionDeps,
): Promise<Question> {
  const checked = checkText("answer", answered, TEXT_LIMIT, { multiline: true });
  const question = await resolveQuestion(text, deps);
  requireOneOf(
    actor,
    [question.sellerId],
    `question ${question.id} is about a publication that`,
    "operator",
  );
  return deps.questions.answer(question.id, { text: checked, at: deps.now() });
}

/** Takes an unanswered question away; its asker, its seller or staff may. */
export async function deleteQuestion(
  { actor, question: text }: { actor: Actor; question: string },
  deps: QuestionDeps,
): Promise<Question> {
  const question = await resolveQuestion(text, deps);
  const { askerId, sellerId } = question;
  requireOneOf(actor, [askerId, sellerId], `question ${question.id}`, "operator", "support");
  return deps.questions.remove(question.id, deps.now());
}

/** One question. Those that were deleted only their asker, their seller and staff still see. */
export async function showQuestion(
  { actor, question: text }: { actor: Actor; question: string },
  deps: QuestionDeps,
): Promise<Question> {
  const question = await resolveQuestion(text, deps);
  if (question.state !== "deleted") return question;
  const { askerId, sellerId } = question;
  requireOneOf(actor, [askerId, sellerId], `question ${question.id}`, "operator", "support");
  return question;
}

/** Finds a question by its id or the beginning of it. */
async function resolveQuestion(
  text: string,
  { questions, lookup }: Pick<Deps, "questions" | "lookup">,
): Promise<Question> {
  const question = await questions.get(await lookup.resolve("question", text));
  if (question) return question;
  throw new MktError("not_found", `there is no question ${text}`, {
    hint: "mkt inbox shows yours",
  });
}
