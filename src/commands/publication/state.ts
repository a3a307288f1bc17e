import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { changePublicationState } from "../../operations/change-publication.ts";
import { examples } from "../parse.ts";

const VERBS = [
  {
    event: "pause",
    done: "Paused",
    what: "Take a publication out of search and sale for a while.",
  },
  { event: "resume", done: "Resumed", what: "Offer a paused publication again." },
  {
    event: "close",
    done: "Closed",
    what: "End a publication for good; open questions close with it.",
  },
] as const;

export function registerPublicationState(publication: Command, mkt: Context): void {
  for (const { event, done, what } of VERBS) {
    publication
      .command(event)
      .description(what)
      .argument("<publication>", "id, or the beginning of one")
      .addHelpText(
        "after",
        examples(`mkt publication ${event} 0199c4e2-7d31-7b6f-9c41-2f6f0a51d3aa`),
      )
      .action(async (text) => {
        const actor = await mkt.actor(`publication ${event}`);
        const page = await changePublicationState({ actor, publication: text, event }, mkt.deps());
        mkt.print(page, ({ id, title }) => `${done} ${title} (publication ${id})`);
      });
  }
}
