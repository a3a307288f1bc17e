import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { idFrom } from "../../domain/ids.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { addCategory, planCategory } from "../../operations/manage-categories.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";

const bulk: BulkCommand<{ name: string }, Awaited<ReturnType<typeof addCategory>>> = {
  name: "category add",
  plan: async (row, { actor }, deps) => {
    await planCategory({ actor, ...row }, deps);
    const { name: to } = row;
    return { subjectKind: "category", subjectId: null, from: null, to, summary: "adds it" };
  },
  apply: async (row, { actor, key, since, again }, deps) => {
    const added = await addCategory({ actor, ...row, id: idFrom(key, since), again }, deps);
    return { subjectKind: "category", subjectId: added.id, state: added.name, value: added };
  },
  undo: "publications may be in it by now: mkt category rename gives it another name",
};

export function registerCategoryAdd(category: Command, mkt: Context): void {
  const command = category
    .command("add")
    .description("Add a category. For operators.")
    .argument("<name>")
    .addHelpText(
      "after",
      examples('mkt category add "Home & garden"', "mkt category add --from categories.csv"),
    );
  withRows(command, bulk, mkt, ({ id, name }) => `Added ${name} (category ${id})`);
}
