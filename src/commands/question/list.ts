import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { Question } from "../../domain/question.ts";
import { deleteQuestion, planDeletion, showQuestion } from "../../operations/ask.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { listQuestions } from "../../operations/inbox.ts";
import { block } from "../../output/story.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples, limit } from "../parse.ts";
import { withRows } from "../with-rows.ts";

const STATES = ["unanswered", "answered", "deleted", "closed_unanswered"] as const;

const columns: readonly Column<Question>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  { key: "text", header: "QUESTION", value: ({ text }) => text },
  { key: "answer", header: "ANSWER", value: ({ answer }) => answer },
  { key: "askedAt", header: "ASKED", kind: "time", value: ({ askedAt }) => askedAt },
  {
    key: "publicationId",
    header: "PUBLICATION",
    kind: "id",
    wide: true,
    value: ({ publicationId }) => publicationId,
  },
];

export function registerQuestionList(question: Command, mkt: Context): void {
  withColumns(question.command("list"), columns)
    .description("List the questions on your publications; with --asked those that you asked.")
    .option("--asked", "what you asked")
    .addOption(new Option("--state <state>").choices(STATES))
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText(
      "after",
      examples("mkt question list --state unanswered", "mkt question list --asked"),
    )
    .action(async ({ asked, ...options }) => {
      const actor = await mkt.actor("question list");
      mkt.printList(
        await listQuestions({ actor, asked: asked === true, ...options }, mkt.deps()),
        columns,
      );
    });
}

export function registerQuestionShow(question: Command, mkt: Context): void {
  question
    .command("show")
    .description("Show one question.")
    .argument("<question>", "id, or the beginning of one")
    .addHelpText("after", examples("mkt question show 0199c4f1-0c2e-7aa1-8f0e-5a4c1f7d2b10"))
    .action(async (text) => {
      const actor = await mkt.actor("question show");
      mkt.print(await showQuestion({ actor, question: text }, mkt.deps()), questionBlock);
    });

  const command = question
    .command("delete")
    .description("Take an unanswered question away: its asker, its seller or staff may.")
    .argument("<question>", "id, or the beginning of one")
    .addHelpText(
      "after",
      examples(
        "mkt question delete 0199c4f1-0c2e-7aa1-8f0e-5a4c1f7d2b10",
        "mkt question delete --from unwanted.csv",
      ),
    );
  withRows(command, deleting, mkt, ({ id }) => `Deleted question ${id}`);
}

const deleting: BulkCommand<{ question: string }, Question> = {
  name: "question delete",
  plan: async (row, { actor }, deps) => {
    const { id, state } = await planDeletion({ actor, ...row }, deps);
    return {
      subjectKind: "question",
      subjectId: id,
      from: state,
      to: "deleted",
      summary: "takes it away",
    };
  },
  apply: async (row, { actor }, deps) => {
    const deleted = await deleteQuestion({ actor, ...row }, deps);
    return {
      subjectKind: "question",
      subjectId: deleted.id,
      state: deleted.state,
      value: deleted,
    };
  },
  undo: "a question that was taken away is asked again by whoever asked it: mkt ask",
};

function questionBlock({
  id,
  state,
  publicationId,
  askerId,
  text,
  answer,
  askedAt,
  answeredAt,
}: Question): string {
  return block([
    ["question", id],
    ["state", state.replace("_", " ")],
    ["publication", publicationId],
    ["asked by", `${askerId} at ${askedAt}`],
    ["text", text],
    ...(answer === null ? [] : [["answer", `${answer} (${answeredAt})`] as const]),
  ]);
}
