import { isStaff } from "../../domain/actor.ts";
import { formatMinor } from "../../domain/money.ts";
import type { PublicationPage } from "../../domain/publication.ts";
import type { Question } from "../../domain/question.ts";
import { showQuestion } from "../../operations/ask.ts";
import { type Queue, waitingQuestions } from "../../operations/board/queues.ts";
import { resolvePage } from "../../operations/show-publication.ts";
import { age, moment } from "../ages.ts";
import { type Line, tone, wrap } from "../lines.ts";
import { counted } from "../marks.ts";
import type { Action, Reach, Screen, View } from "../screen.ts";
import { words } from "./order-words.ts";

type QueueData = Awaited<ReturnType<typeof waitingQuestions>>;
type WaitingQuestion = QueueData["rows"][number];

interface QuestionDetail {
  question: Question;
  publication: PublicationPage;
  timeZone: string;
  /** Why whoever looks cannot answer it; null: they can. */
  answerBlockedBy: string | null;
}

export const QUESTIONS: Screen<Queue<WaitingQuestion>, WaitingQuestion, QuestionDetail> = {
  name: "questions",
  title: "Questions",
  description: "Questions that nobody answered, the oldest first",
  everySeconds: 5,
  load: ({ page: { from, limit } }, { deps, actor }) =>
    waitingQuestions({ actor, from, limit }, deps),
  summary: ({ total, rows, hasBefore }, { now }) => [
    [
      " ",
      tone(counted(total), "bold"),
      total === 1 ? " question waits for its answer" : " questions wait for their answer",
      ...(rows[0] && !hasBefore ? [`, the oldest for ${age(rows[0].askedAt, now)}`] : []),
    ],
    [],
  ],
  list: {
    page: (data) => data,
    idOf: ({ id }) => id,
    cursorOf: ({ id }) => id,
    nothing: "every question is answered",
    columns: [
      {
        title: "AGE",
        width: 4,
        align: "right",
        value: ({ askedAt }, { now }) => age(askedAt, now),
      },
      { title: "SELLER", width: 24, value: ({ sellerEmail }) => sellerEmail ?? "-" },
      { title: "QUESTION", width: "rest", value: ({ text }) => text ?? "(erased)" },
      { title: "ASKED BY", width: 22, from: 90, value: ({ askerEmail }) => askerEmail ?? "-" },
    ],
  },
  detail: {
    subject: ({ id }) => id,
    load: loadQuestion,
    lines: questionLines,
    actions: questionActions,
  },
  snapshot: ({ rows, total }) => ({ total, questions: rows }),
};

async function loadQuestion(id: string, { deps, actor }: Reach): Promise<QuestionDetail> {
  const question = await showQuestion({ actor, question: id }, deps);
  const publication = await resolvePage(question.publicationId, deps);
  const may = actor.userId === question.sellerId || isStaff(actor, "operator");
  return {
    question,
    publication,
    timeZone: deps.profile.timeZone,
    answerBlockedBy: may ? null : "its seller answers, or an operator",
  };
}

function questionLines(
  { question, publication, timeZone }: QuestionDetail,
  { columns, now }: View,
): Line[] {
  const { id, state, text, askedAt, answer } = question;
  const { title, priceMinor, currency, availability, description } = publication;
  return [
    [tone(id, "bold")],
    [tone(words(state), "yellow"), ` for ${age(askedAt, now)}, asked ${moment(askedAt, timeZone)}`],
    [],
    ...wrap(text, columns).map((line) => [tone(line, "bold")]),
    ...(answer === null ? [] : [[], ...wrap(answer, columns).map((line) => [line])]),
    [],
    [tone("about", "dim")],
    ...wrap(title, columns).map((line) => [line]),
    [`${formatMinor(priceMinor, currency)}, ${words(availability)}`],
    [tone(publication.id, "dim")],
    [],
    ...wrap(description, columns).map((line) => [line]),
  ];
}

function questionActions({ question, answerBlockedBy }: QuestionDetail): Action[] {
  const { id, state } = question;
  const settled = state === "unanswered" ? null : `it is ${words(state)}`;
  return [
    {
      title: "answer",
      command: `mkt answer ${id} TEXT`,
      blockedBy: settled ?? answerBlockedBy,
      confirm: null,
    },
    {
      title: "delete",
      command: `mkt question delete ${id}`,
      blockedBy: settled,
      confirm: { word: "delete", sentence: "Nobody but its asker and its seller sees it then." },
    },
  ];
}
