/** An order as the board lists it. */
export interface BoardRow {
  id: string;
  state: string;
  flags: string[];
  totalMinor: number;
  currency: string;
  buyerId: string;
  buyerEmail: string;
  sellerId: string | null;
  sellerEmail: string | null;
  createdAt: string;
  changedAt: string;
  reservedUntil: string;
  paidAt: string | null;
  shippedAt: string | null;
  deliveredAt: string | null;
  estimatedDeliveryAt: string | null;
  /** Of a reserved order: an open payment holds it. */
  isPaying: boolean;
}

export const BOARD_SORTS = ["newest", "oldest", "total", "age"] as const;
/** The last placed first, the first placed, the dearest, or those that stand longest in a live state. */
export type BoardSort = (typeof BOARD_SORTS)[number];

/** Where a page begins: at an end of the list, or at a row, which is among its rows. */
export type BoardFrom = "first" | "last" | { after: string } | { upTo: string };

export interface BoardPage<Row> {
  rows: Row[];
  hasBefore: boolean;
  hasAfter: boolean;
}

export interface StateCount {
  state: string;
  count: number;
  /** Since when the oldest stands so, and since when half of them do; null: nobody asks, or there is none. */
  oldestAt: string | null;
  medianAt: string | null;
}

/** What a page's border names a row by: what its list is sorted by, and its id. */
export function boardCursor(
  sort: BoardSort,
  { id, totalMinor, changedAt }: Pick<BoardRow, "id" | "totalMinor" | "changedAt">,
): string {
  if (sort === "total") return `${totalMinor}~${id}`;
  return sort === "age" ? `${changedAt}~${id}` : id;
}
