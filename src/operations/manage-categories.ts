import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireStaff } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { Category } from "../stores/aurora/categories.ts";
import { afterId, type Listing, pageOf } from "./manage-users.ts";

type CategoryDeps = Pick<
  Deps,
  "categories" | "categoryNames" | "events" | "lookup" | "notice" | "now"
>;

/** How many characters a category's name may have. */
export const CATEGORY_LIMIT = 80;

/** The form in which names of categories are compared. */
export function foldName(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** One page of categories, in the order they were added. Anybody may look. */
export async function listCategories(
  { limit, pageToken }: { limit: number; pageToken?: string | undefined },
  { categories }: Pick<Deps, "categories">,
): Promise<Listing<Category & { feeBps: number; publications: number }>> {
  return pageOf(await categories.list({ limit: limit + 1, after: afterId(pageToken) }), limit);
}

interface NewCategory {
  actor: Actor;
  name: string;
}

/** Adds a category. With `again` the one with this id is the one that it added before. */
export async function addCategory(
  { id, again = false, ...request }: NewCategory & { id?: string; again?: boolean },
  deps: CategoryDeps,
): Promise<Category> {
  const { category, by } = checkNewCategory(request, deps);
  const whole = { ...category, id: id ?? category.id };
  const [before] = again ? await deps.categories.findByName([category.nameFolded]) : [];
  if (before?.id !== whole.id) await deps.categories.add(whole, by);
  await showNames(deps);
  const { nameFolded: _, ...shown } = whole;
  return shown;
}

/** Throws what `addCategory` would throw. */
export async function planCategory(
  request: NewCategory,
  deps: Pick<Deps, "rehearse" | "now">,
): Promise<void> {
  const { category, by } = checkNewCategory(request, deps);
  await deps.rehearse(({ categories }) => categories.add(category, by));
}

function checkNewCategory({ actor, name: typed }: NewCategory, { now }: Pick<Deps, "now">) {
  requireStaff(actor, "operator");
  const name = checkText("name", typed, CATEGORY_LIMIT);
  const category = { id: newId(), name, createdAt: now(), nameFolded: foldName(typed) };
  return { category, by: { id: actor.userId, name: actorName(actor) } };
}

export interface RenameRequest {
  actor: Actor;
  /** By its name or the beginning of its id. */
  category: string;
  name: string;
}

/** Gives a category another name. Its publications keep it: they hold its id. With `again` it may have it already. */
export async function renameCategory(
  { again = false, ...request }: RenameRequest & { again?: boolean },
  deps: CategoryDeps,
): Promise<{ id: string; name: string; before: string }> {
  const { category, name, by } = await checkRenaming(request, deps);
  const { id } = category;
  if (!again || category.name !== name)
    await deps.categories.rename(id, name, foldName(name), by, deps.now());
  await showNames(deps);
  return { id, name, before: category.name };
}

/** The category as it is, and its name afterwards; throws what `renameCategory` would throw. */
export async function planRenaming(
  request: RenameRequest,
  deps: Pick<Deps, "categories" | "lookup" | "rehearse" | "now">,
): Promise<{ id: string; name: string; before: string }> {
  const { category, name, by } = await checkRenaming(request, deps);
  const { id } = category;
  await deps.rehearse(({ categories }) =>
    categories.rename(id, name, foldName(name), by, deps.now()),
  );
  return { id, name, before: category.name };
}

async function checkRenaming(
  { actor, category: text, name }: RenameRequest,
  deps: Pick<Deps, "categories" | "lookup">,
) {
  requireStaff(actor, "operator");
  const category = await resolveCategory(text, deps);
  const by = { id: actor.userId, name: actorName(actor) };
  return { category, name: checkText("name", name, CATEGORY_LIMIT), by };
}

/** Finds a category by its name or the beginning of its id. Throws `not_found`. */
export async function resolveCategory(
  text: string,
  { categories, lookup }: Pick<Deps, "categories" | "lookup">,
): Promise<{ id: string; name: string }> {
  const [named] = await categories.findByName([foldName(text)]);
  if (named) return { id: named.id, name: named.name };
  const id = await lookup.resolve("category", text);
  const found = (await categories.all()).find((category) => category.id === id);
  return { id, name: found?.name ?? text };
}

/** Which of these categories are there. Throws `not_found` for those that are not, unless they may be made. */
export async function knownCategories(
  names: readonly string[],
  create: boolean,
  { categories }: Pick<Deps, "categories">,
): Promise<{ known: { id: string; name: string }[]; missing: [folded: string, name: string][] }> {
  const wanted = new Map(names.map((name) => [foldName(name), name.trim()]));
  const known = await categories.findByName([...wanted.keys()]);
  const missing = [...wanted].filter(([folded]) => !known.some((row) => row.nameFolded === folded));
  if (missing.length > 0 && !create) {
    const list = missing.map(([, name]) => JSON.stringify(name)).join(", ");
    const none = missing.length === 1 ? "there is no category" : "there are no categories";
    throw new MktError("not_found", `${none} ${list}`, {
      hint: "mkt category list shows them; --create-categories makes what is missing",
    });
  }
  return { known, missing };
}

/** Categories for a publication, made where they are missing when the caller says so. */
export async function categoriesNamed(
  names: readonly string[],
  { create, actor }: { create: boolean; actor: Actor },
  deps: CategoryDeps,
): Promise<{ id: string; name: string }[]> {
  const { known, missing } = await knownCategories(names, create, deps);
  const made: { id: string; name: string }[] = [];
  for (const [nameFolded, text] of missing) {
    const category = {
      id: newId(),
      name: checkText("category", text, CATEGORY_LIMIT),
      createdAt: deps.now(),
    };
    try {
      const by = { id: actor.userId, name: actorName(actor) };
      await deps.categories.add({ ...category, nameFolded }, by);
      made.push({ id: category.id, name: category.name });
    } catch (error) {
      // Another command made it at this moment.
      const [other] = await deps.categories.findByName([nameFolded]);
      if (!other) throw error;
      made.push({ id: other.id, name: other.name });
    }
  }
  if (made.length > 0) await showNames(deps);
  return [...known.map(({ id, name }) => ({ id, name })), ...made];
}

/** Writes the names that pages show; when DynamoDB is away the relay does it later. */
async function showNames(deps: CategoryDeps): Promise<void> {
  try {
    await deps.events.sequence();
    await writeCategoryNames(await deps.events.lastPosition(), deps);
  } catch (error) {
    if (!(error instanceof MktError) || error.code !== "unavailable") throw error;
    deps.notice(`the category is saved; pages will show it later: ${error.message}`);
  }
}

/** Writes all names as of a position in the log; an older list never replaces a newer one. */
export async function writeCategoryNames(
  position: number,
  { categories, categoryNames }: Pick<Deps, "categories" | "categoryNames">,
): Promise<void> {
  const all = await categories.all();
  await categoryNames.put(new Map(all.map(({ id, name }) => [id, name])), position);
}
