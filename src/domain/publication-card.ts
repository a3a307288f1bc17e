import type { Availability, PublicationPage, Rating } from "./publication.ts";

/** A publication as a row of a list. */
export interface PublicationCard {
  id: string;
  title: string;
  priceMinor: number;
  currency: string;
  sellerId: string;
  /** Category ids where it is stored, names where it is shown. */
  categories: readonly string[];
  availability: Availability;
  rating: Rating | null;
  /** SHA-256 of each image. */
  images: readonly string[];
}

export function cardOf(page: PublicationPage): PublicationCard {
  const { id, title, priceMinor, currency, sellerId } = page;
  const { categories, availability, rating, images } = page;
  return { id, title, priceMinor, currency, sellerId, categories, availability, rating, images };
}

/** The card with category names instead of ids; an id without a name stays an id. */
export function withCategoryNames(
  card: PublicationCard,
  names: ReadonlyMap<string, string>,
): PublicationCard {
  return { ...card, categories: card.categories.map((id) => names.get(id) ?? id) };
}
