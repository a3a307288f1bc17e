import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { answer, ask } from "../operations/ask.ts";
import { examples } from "./parse.ts";

export function registerAsk(program: Command, mkt: Context): void {
  program
    .command("ask")
    .summary("ask about a publication")
    .description("Ask a question on a publication. Its seller finds it in the inbox.")
    .argument("<publication>", "id, or the beginning of one")
    .argument("<text>", "the question")
    .addHelpText(
      "after",
      examples('mkt ask 0199c4e2 "Does it come with a bulb?" --as beto@example.com'),
    )
    .action(async (publication, text) => {
      const actor = await mkt.actor("ask");
      const question = await ask({ actor, publication, text }, mkt.deps());
      mkt.print(question, ({ id }) => `Asked (question ${id})`);
    });

  program
    .command("answer")
    .summary("answer a question")
    .description(
      "Answer a question about your publication. Its asker finds the answer in the inbox.",
    )
    .argument("<question>", "id, or the beginning of one")
    .argument("<text>", "the answer")
    .addHelpText("after", examples('mkt answer 0199c4f1 "Yes, with one." --as ana@example.com'))
    .action(async (text, answered) => {
      const actor = await mkt.actor("answer");
      const question = await answer({ actor, question: text, answer: answered }, mkt.deps());
      mkt.print(question, ({ id }) => `Answered (question ${id})`);
    });
}
