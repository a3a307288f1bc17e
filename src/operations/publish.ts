import type { Deps } from "../deps.ts";
import { type Actor, actorName } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { checkImage } from "../domain/image.ts";
import { MONEY_LIMIT_MINOR } from "../domain/money.ts";
import {
  type Language,
  type PublicationDocument,
  type PublicationPage,
  STOCK_LIMIT,
} from "../domain/publication.ts";
import { checkText } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { NewPublication } from "../stores/aurora/publication-rows.ts";
import { CATEGORY_LIMIT, categoriesNamed, knownCategories } from "./manage-categories.ts";
import { projectNow } from "./project-now.ts";

/** A publication to make, as it is asked for. */
export interface Draft {
  title: string;
  description: string;
  /** Words to be found by that are not shown. */
  keywords: string;
  language: Language;
  priceMinor: number;
  currency: string;
  stock: number;
  categories: readonly string[];
  images: readonly { name: string; bytes: Uint8Array }[];
  externalId: string | null;
}

const IMAGES_LIMIT = 12;
const CATEGORIES_LIMIT = 20;

export type PublishDeps = Pick<
  Deps,
  | "publications"
  | "categories"
  | "categoryNames"
  | "events"
  | "lookup"
  | "objects"
  | "pages"
  | "postings"
  | "vocabulary"
  | "notice"
  | "now"
  | "profile"
>;

export interface PublishRequest {
  actor: Actor;
  draft: Draft;
  createCategories: boolean;
}

/**
 * Publishes: images go to S3 under their hash first, then Aurora commits, then the page follows. An image
 * without a publication is harmless. An `id` makes it repeatable: with `again` the publication with this id is
 * the one that it made before.
 */
export async function publish(
  {
    actor,
    draft,
    createCategories,
    id = newId(),
    again = false,
  }: PublishRequest & { id?: string; again?: boolean },
  deps: PublishDeps,
): Promise<PublicationPage> {
  const checked = checkDraft(draft);
  const [before] = again ? await deps.publications.pagesOf([id]) : [];
  if (before) return before;
  const categories = await categoriesNamed(
    draft.categories,
    { create: createCategories, actor },
    deps,
  );
  const images = await storeImages(draft.images, deps);
  const what = { ...checked, categories, images };
  const page = await deps.publications.create(
    newPublication(id, actor, what, deps.now()),
    actorName(actor),
  );
  await projectNow([page.id], deps);
  return page;
}

/** Throws what `publish` would throw. */
export async function planPublishing(
  { actor, draft, createCategories }: PublishRequest,
  deps: Pick<Deps, "categories" | "rehearse" | "now">,
): Promise<void> {
  const checked = checkDraft(draft);
  const { known } = await knownCategories(draft.categories, createCategories, deps);
  const what = { ...checked, categories: known, images: [] };
  const publication = newPublication(newId(), actor, what, deps.now());
  await deps.rehearse(({ publications }) => publications.create(publication, actorName(actor)));
}

function newPublication(
  id: string,
  { userId: sellerId }: Actor,
  {
    text,
    facts,
    categories,
    images,
  }: ReturnType<typeof checkDraft> & {
    categories: readonly { id: string }[];
    images: readonly string[];
  },
  createdAt: string,
): NewPublication {
  const categoryIds = categories.map((category) => category.id);
  return { id, sellerId, ...facts, categoryIds, document: { ...text, images }, createdAt };
}

/** Refuses a draft that cannot be published, before anything is written. */
export function checkDraft(draft: Draft): {
  text: Omit<PublicationDocument, "images">;
  facts: { priceMinor: number; currency: string; stock: number; externalId: string | null };
} {
  const { language, currency } = draft;
  const text = {
    title: checkText("title", draft.title, 200),
    description: checkText("description", draft.description, 10_000, {
      multiline: true,
      empty: true,
    }),
    keywords: checkText("keywords", draft.keywords, 1_000, { empty: true }),
    language,
  };
  checkCounts(draft);
  for (const name of draft.categories) checkText("category", name, CATEGORY_LIMIT);
  const facts = {
    priceMinor: checkPrice(draft.priceMinor),
    currency,
    stock: checkStock(draft.stock),
    externalId: draft.externalId === null ? null : checkText("external id", draft.externalId, 200),
  };
  checkImages(draft.images);
  return { text, facts };
}

/** Refuses more categories or images than a publication has room for. */
export function checkCounts({
  categories = [],
  images = [],
}: {
  categories?: Draft["categories"] | undefined;
  images?: Draft["images"] | undefined;
}): void {
  if (categories.length > CATEGORIES_LIMIT) {
    throw new MktError("invalid", `a publication has at most ${CATEGORIES_LIMIT} categories`);
  }
  if (images.length > IMAGES_LIMIT) {
    throw new MktError("invalid", `a publication has at most ${IMAGES_LIMIT} images`);
  }
}

export function checkPrice(priceMinor: number): number {
  if (Number.isSafeInteger(priceMinor) && priceMinor > 0 && priceMinor <= MONEY_LIMIT_MINOR)
    return priceMinor;
  throw new MktError("invalid", "the price must be above zero and at most 10,000,000,000.00");
}

export function checkStock(stock: number): number {
  if (Number.isInteger(stock) && stock >= 0 && stock <= STOCK_LIMIT) return stock;
  throw new MktError("invalid", `the stock must be a whole number from 0 to ${STOCK_LIMIT}`);
}

/** Puts checked images where pages find them; gives their hashes in order, each once. */
export async function storeImages(
  images: Draft["images"],
  { objects }: Pick<Deps, "objects">,
): Promise<string[]> {
  checkImages(images);
  const hashes: string[] = [];
  for (const { bytes } of images) hashes.push(await objects.putImage(bytes));
  return [...new Set(hashes)];
}

/** Refuses what is no image. */
export function checkImages(images: Draft["images"]): void {
  for (const { name, bytes } of images) checkNamedImage(name, bytes);
}

function checkNamedImage(name: string, bytes: Uint8Array): void {
  try {
    checkImage(bytes);
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    throw new MktError(error.code, `${name}: ${error.message}`, {
      ...(error.hint && { hint: error.hint }),
    });
  }
}
