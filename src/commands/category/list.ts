import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { listCategories } from "../../operations/manage-categories.ts";
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
