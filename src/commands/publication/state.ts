import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { PublicationPage } from "../../domain/publication.ts";
import type { BulkCommand, BulkUndo } from "../../operations/bulk/bulk-command.ts";
import { changePublicationState, planState } from "../../operations/change-publication.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";

interface Verb {
  event: "pause" | "resume" | "close";
  done: string;
  what: string;
  /** What a row does, and what undoes it; else why nothing does. */
  does: string;
  undo: "pause" | "resume" | { never: string };
}

const VERBS: readonly Verb[] = [
  {
    event: "pause",
    done: "Paused",
    what: "Take a publication out of search and sale for a while.",
    does: "takes it out of search and sale",
    undo: "resume",
  },
  {
    event: "resume",
    done: "Resumed",
    what: "Offer a paused publication again.",
    does: "offers it again",
    undo: "pause",
  },
  {
    event: "close",
    done: "Closed",
    what: "End a publication for good; open questions close with it.",
    does: "ends it for good",
    undo: { never: "a closed publication stays closed: mkt publish offers the same anew" },
  },
];

export function registerPublicationState(publication: Command, mkt: Context): void {
  for (const verb of VERBS) {
    const { event, done, what } = verb;
    const command = publication
      .command(event)
      .description(what)
      .argument("<publication>", "id, or the beginning of one")
      .addHelpText(
        "after",
        examples(
          `mkt publication ${event} 0199c4e2-7d31-7b6f-9c41-2f6f0a51d3aa`,
          `mkt publication ${event} --from list.csv --dry-run`,
        ),
      );
    withRows(command, commandOf(verb), mkt, ({ id, title }) => {
      return `${done} ${title} (publication ${id})`;
    });
  }
}

function commandOf({
  event,
  does,
  undo,
}: Verb): BulkCommand<{ publication: string }, PublicationPage> {
  return {
    name: `publication ${event}`,
    plan: async (row, { actor }, deps) => {
      const { before, after } = await planState({ actor, ...row, event }, deps);
      const { id, state: from } = before;
      return { subjectKind: "publication", subjectId: id, from, to: after.state, summary: does };
    },
    apply: async (row, { actor, again }, deps) => {
      const page = await changePublicationState({ actor, ...row, event, again }, deps);
      const { id, state } = page;
      const left = { publication: id };
      return { subjectKind: "publication", subjectId: id, state, value: page, undo: left };
    },
    undo: typeof undo === "string" ? undoBy(undo) : undo.never,
  };
}

/** Undoes what was done to a publication by another event. */
export function undoBy(event: Verb["event"]): BulkUndo {
  return {
    plan: async ({ publication }, { actor }, deps) => {
      const what = { actor, publication: String(publication), event, again: true };
      const { id, state } = (await planState(what, deps)).after;
      return `publication ${id} becomes ${state}`;
    },
    apply: async ({ publication }, { actor }, deps) => {
      const what = { actor, publication: String(publication), event, again: true };
      const { id, state } = await changePublicationState(what, deps);
      return `publication ${id} is ${state}`;
    },
  };
}
