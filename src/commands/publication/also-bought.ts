import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { alsoBought } from "../../operations/also-bought.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples, limit } from "../parse.ts";

type Item = Awaited<ReturnType<typeof alsoBought>>["items"][number];

const columns: readonly Column<Item>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "title", header: "TITLE", value: ({ title }) => title },
  { key: "buyers", header: "BUYERS", kind: "number", value: ({ buyers }) => buyers },
];

export function registerPublicationAlsoBought(publication: Command, mkt: Context): void {
  withColumns(publication.command("also-bought"), columns)
    .description("Ask the graph what else the buyers of a publication bought, as of the last dump.")
    .argument("<publication>", "id, or the beginning of one")
    .option("--limit <n>", "at most so many", limit, 10)
    .addHelpText("after", examples("mkt publication also-bought 0199c4e2"))
    .action(async (text, { limit: most }) => {
      const { query, items } = await alsoBought({ publication: text, limit: most }, mkt.deps());
      if (mkt.messages.isTerminal) mkt.notice(`gremlin> ${query}`);
      mkt.printList({ items }, columns);
    });
}
