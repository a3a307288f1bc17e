import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import type { Actor } from "../../domain/actor.ts";
import { MktError } from "../../errors.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { ifRight } from "../../operations/bulk/if-right.ts";
import {
  planRenaming,
  type RenameRequest,
  renameCategory,
  resolveCategory,
} from "../../operations/manage-categories.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  category: string;
  name: string;
}

const bulk: BulkCommand<Row, Awaited<ReturnType<typeof renameCategory>>> = {
  name: "category rename",
  plan: async (row, { actor }, deps) => {
    const { id, name: to, before: from } = await planRenaming({ actor, ...row }, deps);
    return { subjectKind: "category", subjectId: id, from, to, summary: "gives it another name" };
  },
  before: ({ category }, _, deps) =>
    ifRight(async () => ({ ...(await resolveCategory(category, deps)) })),
  apply: async (row, { actor, again, before: known }, deps) => {
    // Begun before, it may have its new name already: then nothing is called by the old one.
    const category = again && known ? String(known.id) : row.category;
    const renamed = await renameCategory({ actor, category, name: row.name, again }, deps);
    const { id, name, before } = renamed;
    const was = again && known ? String(known.name) : before;
    return {
      subjectKind: "category",
      subjectId: id,
      state: name,
      value: renamed,
      already: was === name,
      undo: was === name ? null : { category: id, was, made: name },
    };
  },
  undo: {
    plan: async (left, { actor }, deps) => {
      const { before, name } = await planRenaming(await nameBack(left, actor, deps), deps);
      return `category ${before} becomes ${name}`;
    },
    apply: async (left, { actor }, deps) => {
      const { id, name } = await renameCategory(
        { ...(await nameBack(left, actor, deps)), again: true },
        deps,
      );
      return `category ${id} is ${name} again`;
    },
  },
};

/** What undoing renames. Throws `conflict` when somebody gave it another name since. */
async function nameBack(
  left: Readonly<Record<string, unknown>>,
  actor: Actor,
  deps: Deps,
): Promise<RenameRequest> {
  const [category, was] = [String(left.category), String(left.was)];
  const { name } = await resolveCategory(category, deps);
  if (name === left.made || name === was) return { actor, category, name: was };
  throw new MktError("conflict", `category ${category} was renamed ${JSON.stringify(name)} since`);
}

export function registerCategoryRename(category: Command, mkt: Context): void {
  const command = category
    .command("rename")
    .description("Give a category another name; its publications stay in it. For operators.")
    .argument("<category>", "its name, or the beginning of its id")
    .argument("<name>", "the new name")
    .addHelpText(
      "after",
      examples(
        'mkt category rename "Home" "Home & garden"',
        "mkt category rename --from names.csv --dry-run",
      ),
    );
  withRows(command, bulk, mkt, ({ before, name }) => `${before} is now ${name}`);
}
