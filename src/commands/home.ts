import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { home } from "../operations/home.ts";
import { withImageLinks } from "../operations/image-links.ts";
import { heading } from "../output/story.ts";
import { renderTable } from "../output/table.ts";
import { examples } from "./parse.ts";
import { cardColumns } from "./publication/cards.ts";

export function registerHome(program: Command, mkt: Context): void {
  program
    .command("home")
    .summary("show the home page")
    .description(
      "Show the home page: newest, best sellers, best rated, and each category. Needs no login.",
    )
    .addHelpText("after", examples("mkt home", "mkt home --json"))
    .action(async () => {
      const sections = await home({ viewerId: await mkt.viewerId() }, mkt.deps());
      const linked = await Promise.all(
        sections.map(async ({ name, title, items }) => ({
          name,
          title,
          items: await withImageLinks(items, mkt.deps()),
        })),
      );
      const shown = linked.filter(({ items }) => items.length > 0);
      mkt.print(
        { items: linked.flatMap(({ items }) => items), sections: linked, nextPageToken: null },
        () =>
          shown.length === 0
            ? "Nothing is on sale yet: mkt publish"
            : shown
                .map(
                  ({ title, items }) =>
                    `${heading(title, mkt.terminal)}\n${renderTable(items, cardColumns, mkt.terminal, { wide: mkt.options().output === "wide" })}`,
                )
                .join("\n"),
      );
    });
}
