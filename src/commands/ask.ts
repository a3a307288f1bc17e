import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { idFrom } from "../domain/ids.ts";
import type { Question } from "../domain/question.ts";
import {
  answer,
  ask,
  deleteQuestion,
  planAnswer,
  planDeletion,
  planQuestion,
} from "../operations/ask.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { examples } from "./parse.ts";
import { withRows } from "./with-rows.ts";

const asking: BulkCommand<{ publication: string; text: string }, Question> = {
  name: "ask",
  plan: async (row, { actor }, deps) => {
    const { page } = await planQuestion({ actor, ...row }, deps);
    const summary = `asks about ${page.title}`;
    return { subjectKind: "question", subjectId: null, from: null, to: "unanswered", summary };
  },
  apply: async (row, { actor, key, since, again }, deps) => {
    const asked = await ask({ actor, ...row, id: idFrom(key, since), again }, deps);
    const { id, state } = asked;
    return { subjectKind: "question", subjectId: id, state, value: asked, undo: { question: id } };
  },
  undo: {
    plan: async ({ question }, { actor }, deps) => {
      const { id } = await planDeletion({ actor, question: String(question) }, deps);
      return `deletes question ${id}`;
    },
    apply: async ({ question }, { actor }, deps) => {
      const what = { actor, question: String(question) };
      return `question ${(await deleteQuestion(what, deps)).id} is deleted`;
    },
  },
};

const answering: BulkCommand<{ question: string; text: string }, Question> = {
  name: "answer",
  plan: async ({ question, text }, { actor }, deps) => {
    const { id, state } = await planAnswer({ actor, question, answer: text }, deps);
    return {
      subjectKind: "question",
      subjectId: id,
      from: state,
      to: "answered",
      summary: "answers it",
    };
  },
  apply: async ({ question, text }, { actor, again }, deps) => {
    const answered = await answer({ actor, question, answer: text, again }, deps);
    const { id, state } = answered;
    return { subjectKind: "question", subjectId: id, state, value: answered };
  },
  undo: "what was answered may have been read",
};

export function registerAsk(program: Command, mkt: Context): void {
  const asked = program
    .command("ask")
    .summary("ask about a publication")
    .description("Ask a question on a publication. Its seller finds it in the inbox.")
    .argument("<publication>", "id, or the beginning of one")
    .argument("<text>", "the question")
    .addHelpText(
      "after",
      examples(
        'mkt ask 0199c4e2 "Does it come with a bulb?" --as beto@example.com',
        "mkt ask --from questions.csv --as beto@example.com",
      ),
    );
  withRows(asked, asking, mkt, ({ id }) => `Asked (question ${id})`);

  const answered = program
    .command("answer")
    .summary("answer a question")
    .description(
      "Answer a question about your publication. Its asker finds the answer in the inbox.",
    )
    .argument("<question>", "id, or the beginning of one")
    .argument("<text>", "the answer")
    .addHelpText(
      "after",
      examples(
        'mkt answer 0199c4f1 "Yes, with one." --as ana@example.com',
        "mkt answer --from answers.csv --as ana@example.com",
      ),
    );
  withRows(answered, answering, mkt, ({ id }) => `Answered (question ${id})`);
}
