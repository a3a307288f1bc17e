import type { Deps } from "../deps.ts";
import { type Actor, actorName } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import type { PublicationChange } from "../stores/aurora/publication-rows.ts";
import { afterwards, type Edit, ownPublication } from "./change-publication.ts";
import type { PublishDeps } from "./publish.ts";

/** What of a publication can be edited. */
interface Content {
  title: string;
  description: string;
  keywords: string;
  priceMinor: number;
  stock: number;
  /** Ids. */
  categories: readonly string[];
  /** Hashes. */
  images: readonly string[];
}

type Field = keyof Content;

/** A publication's content, as much of it as an edit is about. */
export interface KnownContent {
  publication: string;
  version: number;
  content: Partial<Content>;
}

const FIELDS: readonly Field[] = [
  "title",
  "description",
  "keywords",
  "priceMinor",
  "stock",
  "categories",
  "images",
];

/** What an edit is about, as it is now. */
export async function contentOf(
  { publication, edit }: { publication: string; edit: Edit },
  deps: Pick<Deps, "lookup" | "publications">,
): Promise<KnownContent> {
  const id = await deps.lookup.resolve("publication", publication);
  const fields = FIELDS.filter((field) => edit[field] !== undefined);
  const { version, ...content } = await wholeContent(id, deps);
  const known = fields.map((field) => [field, content[field]]);
  return { publication: id, version, content: Object.fromEntries(known) as Partial<Content> };
}

/**
 * Whether an edit that was begun before, and cut off, was made: its change of the stock left its movement, and
 * what is written is written.
 */
export async function isUpdated(
  { edit, before, movementId }: { edit: Edit; before: KnownContent; movementId: string },
  deps: Pick<Deps, "publications">,
): Promise<boolean> {
  const { version, ...now } = await wholeContent(before.publication, deps);
  if (version === before.version) return false;
  if (edit.stock && "add" in edit.stock) return deps.publications.hasMoved(movementId);
  const { title, description, keywords, priceMinor, stock } = edit;
  const wanted = {
    title,
    description,
    keywords,
    priceMinor,
    stock: stock && "set" in stock ? stock.set : undefined,
  };
  return Object.entries(wanted).every(
    ([field, value]) => value === undefined || same(trimmed(value), now[field as Field]),
  );
}

export interface UndoUpdate {
  actor: Actor;
  was: KnownContent;
  made: KnownContent;
}

/** Puts back what an edit changed. Throws `conflict`, changing nothing, when somebody changed it since. */
export async function undoUpdate(request: UndoUpdate, deps: PublishDeps): Promise<string> {
  const { id, version, change, summary } = await changeBack(request, deps);
  if (version === null) return summary;
  const by = actorName(request.actor);
  await deps.publications.update(id, change, version, by, deps.now());
  await afterwards(id, deps);
  return summary;
}

/** Says what `undoUpdate` would do, and throws what it would throw. */
export async function planUndoUpdate(
  request: UndoUpdate,
  deps: Pick<Deps, "lookup" | "publications" | "rehearse" | "now">,
): Promise<string> {
  const { id, version, change, summary } = await changeBack(request, deps);
  const by = actorName(request.actor);
  if (version !== null)
    await deps.rehearse(({ publications }) =>
      publications.update(id, change, version, by, deps.now()),
    );
  return summary;
}

async function changeBack(
  { actor, was, made }: UndoUpdate,
  deps: Pick<Deps, "lookup" | "publications">,
): Promise<{ id: string; version: number | null; change: PublicationChange; summary: string }> {
  const { id } = await ownPublication(actor, made.publication, deps);
  const { version, ...now } = await wholeContent(id, deps);
  const fields = FIELDS.filter(
    (field) => made.content[field] !== undefined && !same(now[field], was.content[field]),
  );
  const changed = fields.find((field) => !same(now[field], made.content[field]));
  if (changed) {
    const name = changed === "priceMinor" ? "price" : changed;
    throw new MktError("conflict", `the ${name} of publication ${id} was changed since`);
  }
  if (fields.length === 0)
    return { id, version: null, change: {}, summary: `publication ${id} is as it was` };
  const back: Partial<Content> = {};
  for (const field of fields) Object.assign(back, { [field]: was.content[field] });
  const { priceMinor, stock, categories, ...text } = back;
  const change: PublicationChange = {};
  if (priceMinor !== undefined) change.priceMinor = priceMinor;
  // A sale may come between: what was added is taken away again, whatever is left by then.
  if (stock !== undefined) change.stock = { add: stock - now.stock };
  if (categories) change.categoryIds = categories;
  if (Object.keys(text).length > 0)
    change.document = { ...(await deps.publications.document(id, version)), ...text };
  const names = fields.map((field) => (field === "priceMinor" ? "price" : field));
  return { id, version, change, summary: `puts back ${names.join(", ")} of publication ${id}` };
}

async function wholeContent(
  id: string,
  { publications }: Pick<Deps, "publications">,
): Promise<Content & { version: number }> {
  const row = await publications.find(id);
  const [page] = await publications.pagesOf([id]);
  if (!row || !page) throw new MktError("not_found", `there is no publication ${id}`);
  const { title, description, keywords, priceMinor, categories, images, version } = page;
  const { stock } = row;
  return { title, description, keywords, priceMinor, stock, categories, images, version };
}

/** Both sides list categories in the order of their ids. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

const trimmed = (value: unknown) => (typeof value === "string" ? value.trim() : value);
