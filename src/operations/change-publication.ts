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
import { categoriesNamed } from "./manage-categories.ts";
import { projectNow } from "./project-now.ts";
import {
  checkCounts,
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

/** The seller's edit. `ifVersion` refuses it when somebody edited meanwhile. */
export async function updatePublication(
  want: {
    actor: Actor;
    publication: string;
    edit: Edit;
    ifVersion: number | null;
    createCategories: boolean;
  },
  deps: PublishDeps,
): Promise<PublicationPage> {
  const { actor, edit } = want;
  const before = await ownPublication(actor, want.publication, deps);
  if (Object.values(edit).every((value) => value === undefined)) {
    throw new MktError("usage", "nothing to change", {
      hint: "name at least one of --title --price --stock …",
    });
  }
  checkCounts(edit);
  const change: PublicationChange = {};
  if (edit.priceMinor !== undefined) change.priceMinor = checkPrice(edit.priceMinor);
  if (edit.stock) change.stock = checkStockChange(edit.stock);
  const document = await editDocument(before, edit, deps);
  if (document) change.document = document;
  if (edit.categories) {
    const create = want.createCategories;
    const categories = await categoriesNamed(edit.categories, { create, actor }, deps);
    change.categoryIds = categories.map(({ id }) => id);
  }
  // Without --if-version the text that was read must still be the current one.
  const ifVersion = want.ifVersion ?? (document ? before.version : null);
  await deps.publications.update(before.id, change, ifVersion, actorName(actor), deps.now());
  return afterwards(before.id, deps);
}

/** Pauses, resumes or closes. A closed publication stays closed. */
export async function changePublicationState(
  {
    actor,
    publication,
    event,
  }: { actor: Actor; publication: string; event: "pause" | "resume" | "close" },
  deps: PublishDeps & Pick<Deps, "users">,
): Promise<PublicationPage> {
  const before = await ownPublication(actor, publication, deps);
  await deps.publications.changeState(before.id, event, actorName(actor), deps.now());
  return afterwards(before.id, deps);
}

async function ownPublication(
  actor: Actor,
  text: string,
  deps: PublishDeps,
): Promise<PublicationRow> {
  const id = await deps.lookup.resolve("publication", text);
  const row = await deps.publications.find(id);
  if (!row) throw new MktError("not_found", `there is no publication ${text}`);
  requireOneOf(actor, [row.sellerId], `publication ${id}`, "operator");
  return row;
}

async function afterwards(id: string, deps: PublishDeps): Promise<PublicationPage> {
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

async function editDocument(
  before: PublicationRow,
  edit: Edit,
  deps: PublishDeps,
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
    images: images === undefined ? current.images : await storeImages(images, deps),
  };
}
