import type { Context } from "../../context.ts";
import type { PublicationCard } from "../../domain/publication-card.ts";
import { withImageLinks } from "../../operations/image-links.ts";
import type { Column } from "../../output/table.ts";

/** A publication in a list, with its images as links. */
type LinkedCard = Omit<PublicationCard, "images"> & { images: readonly string[] };

export const cardColumns: readonly Column<LinkedCard>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "title", header: "TITLE", value: ({ title }) => title },
  {
    key: "priceMinor",
    header: "PRICE",
    kind: "money",
    value: ({ priceMinor }) => priceMinor,
    currency: ({ currency }) => currency,
  },
  { key: "currency", header: "CURRENCY", wide: true, value: ({ currency }) => currency },
  {
    key: "availability",
    header: "STOCK",
    kind: "state",
    value: ({ availability }) => availability.replace("_", " "),
  },
  {
    key: "rating",
    header: "RATING",
    value: ({ rating }) => (rating ? `${rating.average.toFixed(1)} (${rating.count})` : ""),
  },
  { key: "categories", header: "CATEGORIES", value: ({ categories }) => categories.join(", ") },
  { key: "sellerId", header: "SELLER", kind: "id", wide: true, value: ({ sellerId }) => sellerId },
  {
    key: "images",
    header: "IMAGES",
    kind: "links",
    wide: true,
    value: ({ images }) => images.join(" "),
  },
];

/** Prints publications as a list, images as links that hold for an hour. */
export async function printCards<T extends PublicationCard>(
  { items, ...rest }: { items: readonly T[]; nextPageToken?: string | null | undefined },
  columns: readonly Column<T>[],
  mkt: Context,
): Promise<void> {
  mkt.printList({ ...rest, items: await withImageLinks(items, mkt.deps()) }, columns);
}
