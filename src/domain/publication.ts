/** The seller's offer. Its sellable facts live in Aurora; people read its page in DynamoDB. */
export type PublicationState = "active" | "paused" | "closed";

/** What a page says about stock: it is rewritten only when this changes, not at every sale. */
export type Availability = "in_stock" | "last_units" | "sold_out";

export type Language = "es" | "en" | "pt";

/** What people read and search. It changes only with `version`. */
export interface PublicationDocument {
  title: string;
  description: string;
  language: Language;
  /** Words that are searched but not shown, such as colours from a source file. */
  keywords: string;
  /** SHA-256 of each image, lower-case hexadecimal, in the seller's order. */
  images: readonly string[];
}

/** Mean of 1 to 5, and of how many reviews. */
export interface Rating {
  average: number;
  count: number;
}

/** Everything the page shows: absolute state at one `revision`. */
export interface PublicationPage extends PublicationDocument {
  id: string;
  sellerId: string;
  state: PublicationState;
  /** Counts the seller's edits; guards `--if-version` and says which postings count. */
  version: number;
  /** Counts everything projected: an older one never overwrites a newer one. */
  revision: number;
  priceMinor: number;
  currency: string;
  /** Category ids. */
  categories: readonly string[];
  availability: Availability;
  rating: Rating | null;
  publishedAt: string;
}

/** More than anybody has of one thing; keeps sums far from where integers end. */
export const STOCK_LIMIT = 1_000_000;

/** From this many down a page says that the last units are on sale. */
export const LAST_UNITS = 3;

export function availabilityOf(stock: number): Availability {
  if (stock <= 0) return "sold_out";
  return stock <= LAST_UNITS ? "last_units" : "in_stock";
}
