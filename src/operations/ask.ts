import type { Deps } from "../deps.ts";
import { type Actor, requireOneOf } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import type { PublicationPage } from "../domain/publication.ts";
import type { Question } from "../domain/question.ts";
import { nextState } from "../domain/transitions.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import { resolvePage } from "./show-publication.ts";

type QuestionDeps = Pick<Deps, "questions" | "pages" | "lookup" | "now">;

const TEXT_LIMIT = 2_000;

export interface AskRequest {
  actor: Actor;
  publication: string;
  text: string;
}

/**
 * Asks about a publication: one item, which is at once in the seller's inbox. An `id` makes it repeatable: with
 * `again` the question with this id is the one that it made before.
 */
export async function ask(
  { id = newId(), again = false, ...request }: AskRequest & { id?: string; again?: boolean },
  deps: QuestionDeps,
): Promise<Question> {
  const before = again ? await deps.questions.get(id) : undefined;
  if (before) return before;
  const { page, text } = await planQuestion(request, deps);
  const { id: publicationId, sellerId } = page;
  const askerId = request.actor.userId;
  return deps.questions.ask({ id, publicationId, sellerId, askerId, text, askedAt: deps.now() });
}

/** What would be asked about which page; throws what `ask` would throw. */
export async function planQuestion(
  { actor, publication, text }: AskRequest,
  deps: QuestionDeps,
): Promise<{ page: PublicationPage; text: string }> {
  const asked = checkText("question", text, TEXT_LIMIT, { multiline: true });
  const page = await resolvePage(publication, deps);
  if (page.sellerId === actor.userId)
    throw new MktError("conflict", "this publication is your own");
  if (page.state !== "active") {
    throw new MktError("conflict", `publication ${page.id} is ${page.state}: nobody answers there`);
  }
  return { page, text: asked };
}

export interface AnswerRequest {
  actor: Actor;
  question: string;
  answer: string;
}

/** Answers an unanswered question; its asker finds the answer in the inbox. */
export async function answer(
  { again = false, ...request }: AnswerRequest & { again?: boolean },
  deps: QuestionDeps,
): Promise<Question> {
  const { question, answer: text } = await checkAnswer(request, deps);
  if (again && question.state === "answered" && question.answer === text) return question;
  return deps.questions.answer(question.id, { text, at: deps.now() });
}

/** The question that would be answered; throws what `answer` would throw. */
export async function planAnswer(request: AnswerRequest, deps: QuestionDeps): Promise<Question> {
  const { question } = await checkAnswer(request, deps);
  nextState("question", question.id, question.state, "answer");
  return question;
}

async function checkAnswer(
  { actor, question: text, answer: answered }: AnswerRequest,
  deps: QuestionDeps,
): Promise<{ question: Question; answer: string }> {
  const checked = checkText("answer", answered, TEXT_LIMIT, { multiline: true });
  const question = await resolveQuestion(text, deps);
  requireOneOf(
    actor,
    [question.sellerId],
    `question ${question.id} is about a publication that`,
    "operator",
  );
  return { question, answer: checked };
}

/** Takes an unanswered question away; its asker, its seller or staff may. One that is away stays so. */
export async function deleteQuestion(
  { actor, question: text }: { actor: Actor; question: string },
  deps: QuestionDeps,
): Promise<Question> {
  const question = await questionToDelete(actor, text, deps);
  return deps.questions.remove(question.id, deps.now());
}

/** The question that would be deleted; throws what `deleteQuestion` would throw. */
export async function planDeletion(
  { actor, question: text }: { actor: Actor; question: string },
  deps: QuestionDeps,
): Promise<Question> {
  const question = await questionToDelete(actor, text, deps);
  const { id, state } = question;
  if (state !== "deleted") nextState("question", id, state, "delete");
  return question;
}

async function questionToDelete(actor: Actor, text: string, deps: QuestionDeps): Promise<Question> {
  const question = await resolveQuestion(text, deps);
  requireParty(actor, question);
  return question;
}

/** One question. Those that were deleted only their asker, their seller and staff still see. */
export async function showQuestion(
  { actor, question: text }: { actor: Actor; question: string },
  deps: QuestionDeps,
): Promise<Question> {
  const question = await resolveQuestion(text, deps);
  if (question.state === "deleted") requireParty(actor, question);
  return question;
}

function requireParty(actor: Actor, { id, askerId, sellerId }: Question): void {
  requireOneOf(actor, [askerId, sellerId], `question ${id}`, "operator", "support");
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
