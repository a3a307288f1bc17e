import type { PublicationCard } from "./publication-card.ts";

/** One section of the home page, written whole. */
export interface HomeSection {
  /** `newest`, `best_sellers`, `best_rated`, or `category:ID`. */
  name: string;
  /** What people read above it: for a category its id, whose name is looked up when shown. */
  title: string;
  /** Sections are shown from the lowest. */
  order: number;
  cards: readonly PublicationCard[];
}
