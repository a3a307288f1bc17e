import { newId } from "../domain/ids.ts";
import type { PublicationPage } from "../domain/publication.ts";

/** An active page that nothing special is about, with what a test says about it. */
export function publicationPage(about: Partial<PublicationPage> = {}): PublicationPage {
  return {
    id: newId(),
    sellerId: "seller",
    state: "active",
    version: 1,
    revision: 1,
    title: "Red lamp",
    description: "",
    keywords: "",
    language: "en",
    priceMinor: 1_000,
    currency: "USD",
    categories: [],
    availability: "in_stock",
    rating: null,
    images: [],
    publishedAt: "2026-01-01T00:00:00.000Z",
    ...about,
  };
}
