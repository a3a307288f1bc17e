import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { listPublications } from "../../operations/show-publication.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples, limit } from "../parse.ts";
import { cardColumns, printCards } from "./cards.ts";

type Item = Awaited<ReturnType<typeof listPublications>>["items"][number];

const columns: readonly Column<Item>[] = [
  ...cardColumns,
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  { key: "version", header: "VERSION", kind: "number", value: ({ version }) => version },
];

export function registerPublicationList(publication: Command, mkt: Context): void {
  withColumns(publication.command("list"), columns)
    .description("List a seller's publications, newest first.")
    .option("--seller <user>", "e-mail or id (default: yourself)")
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText(
      "after",
      examples("mkt publication list", "mkt publication list --seller ana@example.com"),
    )
    .action(async ({ seller, ...page }) => {
      const whose = seller ?? (await mkt.actor("publication list")).userId;
      const list = await listPublications({ seller: whose, ...page }, mkt.deps());
      await printCards(list, columns, mkt);
    });
}
