import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireOneOf } from "../domain/actor.ts";
import {
  type PublicationDocument,
  type PublicationPage,
  STOCK_LIMIT,
} from "../domain/publication.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { PublicationChange, PublicationRow } from "../stores/aurora/publication-rows.ts";
import { categoriesNamed, knownCategories } from "./manage-categories.ts";
import { projectNow } from "./project-now.ts";
import {
  checkCounts,
  checkImages,
  checkPrice,
  checkStock,
  type Draft,
  type PublishDeps,
  storeImages,
} from "./publish.ts";

/** What to change; what is left out stays. */
export interface Edit {
  title?: string | undefined;
  description?: string | undefined;
  keywords?: string | undefined;
  priceMinor?: number | undefined;
  stock?: { set: number } | { add: number } | undefined;
  categories?: readonly string[] | undefined;
  images?: Draft["images"] | undefined;
}

export interface UpdateRequest {
  actor: Actor;
  publication: string;
  edit: Edit;
  /** Refuses the edit when somebody edited meanwhile. */
  ifVersion: number | null;
  createCategories: boolean;
}

/**
 * The seller's edit. A `movementId` is what its change of the stock is known by afterwards. With `again` it is
 * made already, and only the page follows.
 */
export async function updatePublication(
  want: UpdateRequest & { movementId?: string; again?: boolean },
  deps: PublishDeps,
): Promise<PublicationPage> {
  const { actor, edit, movementId } = want;
  if (want.again) return afterwards((await ownPublication(actor, want.publication, deps)).id, deps);
  const { before, change, document } = await checkUpdate(want, deps);
  if (document) {
    const images = edit.images ? await storeImages(edit.images, deps) : document.images;
    change.document = { ...document, images };
  }
  if (edit.categories) {
    const create = want.createCategories;
    const categories = await categoriesNamed(edit.categories, { create, actor }, deps);
    change.categoryIds = categories.map(({ id }) => id);
  }
  const whole = { ...change, movementId };
  const version = guardOf(want, before, document);
  await deps.publications.update(before.id, whole, version, actorName(actor), deps.now());
  return afterwards(before.id, deps);
}

/** The publication before the edit and after it; throws what `updatePublication` would throw. */
export async function planUpdate(
  want: UpdateRequest,
  deps: Pick<Deps, "categories" | "lookup" | "now" | "publications" | "rehearse">,
): Promise<{ before: PublicationRow; after: PublicationRow }> {
  const { actor, edit } = want;
  const { before, change, document } = await checkUpdate(want, deps);
  if (edit.images) checkImages(edit.images);
  if (document) change.document = document;
  if (edit.categories) {
    const { known } = await knownCategories(edit.categories, want.createCategories, deps);
    change.categoryIds = known.map(({ id }) => id);
  }
  const version = guardOf(want, before, document);
  const after = await deps.rehearse(({ publications }) =>
    publications.update(before.id, change, version, actorName(actor), deps.now()),
  );
  return { before, after };
}

/** The edit without what has to be put somewhere first: pictures and categories. */
async function checkUpdate(
  { actor, publication, edit }: UpdateRequest,
  deps: Pick<Deps, "lookup" | "publications">,
): Promise<{
  before: PublicationRow;
  change: PublicationChange;
  document: PublicationDocument | undefined;
}> {
  const before = await ownPublication(actor, publication, deps);
  if (Object.values(edit).every((value) => value === undefined)) {
    throw new MktError("usage", "nothing to change", {
      hint: "name at least one of --title --price --stock …",
    });
  }
  checkCounts(edit);
  const change: PublicationChange = {};
  if (edit.priceMinor !== undefined) change.priceMinor = checkPrice(edit.priceMinor);
  if (edit.stock) change.stock = checkStockChange(edit.stock);
  return { before, change, document: await editDocument(before, edit, deps) };
}

/** Without --if-version the text that was read must still be the current one. */
function guardOf(
  { ifVersion }: UpdateRequest,
  before: PublicationRow,
  document: PublicationDocument | undefined,
): number | null {
  return ifVersion ?? (document ? before.version : null);
}

export interface StateRequest {
  actor: Actor;
  publication: string;
  event: "pause" | "resume" | "close";
  /** It may be so already. */
  again?: boolean;
}

/** Pauses, resumes or closes. A closed publication stays closed. */
export async function changePublicationState(
  { actor, publication, event, again = false }: StateRequest,
  deps: PublishDeps & Pick<Deps, "users">,
): Promise<PublicationPage> {
  const before = await ownPublication(actor, publication, deps);
  if (!again || before.state !== STATE_AFTER[event])
    await deps.publications.changeState(before.id, event, actorName(actor), deps.now());
  return afterwards(before.id, deps);
}

/** The publication before it and after; throws what `changePublicationState` would throw. */
export async function planState(
  { actor, publication, event, again = false }: StateRequest,
  deps: Pick<Deps, "lookup" | "now" | "publications" | "rehearse">,
): Promise<{ before: PublicationRow; after: PublicationRow }> {
  const before = await ownPublication(actor, publication, deps);
  if (again && before.state === STATE_AFTER[event]) return { before, after: before };
  const after = await deps.rehearse(({ publications }) =>
    publications.changeState(before.id, event, actorName(actor), deps.now()),
  );
  return { before, after };
}

const STATE_AFTER = { pause: "paused", resume: "active", close: "closed" } as const;

/** The publication, if it is there and the actor may change it. */
export async function ownPublication(
  actor: Actor,
  text: string,
  deps: Pick<Deps, "lookup" | "publications">,
): Promise<PublicationRow> {
  const id = await deps.lookup.resolve("publication", text);
  const row = await deps.publications.find(id);
  if (!row) throw new MktError("not_found", `there is no publication ${text}`);
  requireOneOf(actor, [row.sellerId], `publication ${id}`, "operator");
  return row;
}

/** The page as it is after a change, which has followed it. */
export async function afterwards(id: string, deps: PublishDeps): Promise<PublicationPage> {
  await projectNow([id], deps);
  const [page] = await deps.publications.pagesOf([id]);
  if (!page) throw new MktError("not_found", `there is no publication ${id}`);
  return page;
}

function checkStockChange(
  stock: { set: number } | { add: number },
): { set: number } | { add: number } {
  if ("set" in stock) return { set: checkStock(stock.set) };
  if (Number.isInteger(stock.add) && Math.abs(stock.add) <= STOCK_LIMIT) return stock;
  throw new MktError("invalid", `stock changes by a whole number up to ${STOCK_LIMIT}`);
}

/** The text after the edit, with the pictures that it had; undefined: the edit leaves both alone. */
async function editDocument(
  before: PublicationRow,
  edit: Edit,
  deps: Pick<Deps, "publications">,
): Promise<PublicationDocument | undefined> {
  const { title, description, keywords, images } = edit;
  if ([title, description, keywords, images].every((value) => value === undefined))
    return undefined;
  const current = await deps.publications.document(before.id, before.version);
  const text = { multiline: true, empty: true };
  return {
    language: current.language,
    title: title === undefined ? current.title : checkText("title", title, 200),
    description:
      description === undefined
        ? current.description
        : checkText("description", description, 10_000, text),
    keywords:
      keywords === undefined
        ? current.keywords
        : checkText("keywords", keywords, 1_000, { empty: true }),
    images: current.images,
  };
}
