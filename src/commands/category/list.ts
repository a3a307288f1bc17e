import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { addCategory, listCategories, renameCategory } from "../../operations/manage-categories.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import type { Listed } from "../order/story.ts";
import { examples, limit } from "../parse.ts";
import { percent } from "./fee.ts";

const columns: readonly Column<Listed<typeof listCategories>>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "name", header: "NAME", value: ({ name }) => name },
  { key: "fee", header: "FEE", kind: "number", value: ({ feeBps }) => percent(feeBps) },
  {
    key: "publications",
    header: "PUBLICATIONS",
    kind: "number",
    value: ({ publications }) => publications,
  },
];

export function registerCategoryList(category: Command, mkt: Context): void {
  withColumns(category.command("list"), columns)
    .description("List categories and how many publications each has.")
    .option("--limit <n>", "at most so many", limit, 100)
    .option("--page-token <token>", "go on after a page")
    .addHelpText("after", examples("mkt category list"))
    .action(async (options) => mkt.printList(await listCategories(options, mkt.deps()), columns));
}

export function registerCategoryAdd(category: Command, mkt: Context): void {
  category
    .command("add")
    .description("Add a category. For operators.")
    .argument("<name>")
    .addHelpText("after", examples('mkt category add "Home & garden"'))
    .action(async (name) => {
      const actor = await mkt.actor("category add");
      const added = await addCategory({ actor, name }, mkt.deps());
      mkt.print(added, ({ id }) => `Added ${added.name} (category ${id})`);
    });
}

export function registerCategoryRename(category: Command, mkt: Context): void {
  category
    .command("rename")
    .description("Give a category another name; its publications stay in it. For operators.")
    .argument("<category>", "its name, or the beginning of its id")
    .argument("<name>", "the new name")
    .addHelpText("after", examples('mkt category rename "Home" "Home & garden"'))
    .action(async (text, name) => {
      const actor = await mkt.actor("category rename");
      const renamed = await renameCategory({ actor, category: text, name }, mkt.deps());
      mkt.print(renamed, () => `${text} is now ${renamed.name}`);
    });
}
