import { publicationEvent, publicationFacts } from "../event-data.ts";
import type { IdMaker } from "../ids.ts";
import { availabilityOf, type PublicationDocument } from "../publication.ts";
import type { CategoryRow, PastRows, PublicationRow, UserRow } from "./rows.ts";

// Users, categories and publications of a history, each with what its live operation would leave behind.

/** A user whom no password lets in. */
export function pastUser(
  user: Pick<
    UserRow,
    "id" | "email" | "name" | "address" | "createdAt" | "source" | "externalId"
  > & { region?: string | null },
  rows: PastRows,
): void {
  const { id, email, name, address, createdAt } = user;
  const emailFolded = email.toLowerCase();
  rows.user.push({ region: null, ...user, emailFolded, passwordHash: "-", bannedAt: null });
  rows.event.push({
    type: "user.registered",
    subjectKind: "user",
    subjectId: id,
    revision: 1,
    actor: `user:${id}`,
    occurredAt: createdAt,
    data: { banned: false },
    personal: { email, name, address },
  });
}

export function pastCategory(category: CategoryRow, actor: string, rows: PastRows): void {
  const { id, name, createdAt } = category;
  rows.category.push(category);
  rows.event.push({
    type: "category.added",
    subjectKind: "category",
    subjectId: id,
    revision: 1,
    actor,
    occurredAt: createdAt,
    data: { name },
    personal: null,
  });
}

/** A publication as it was offered first, with its starting stock; what was sold of it is counted at the end. */
export interface PastPublication {
  id: string;
  sellerId: string;
  externalId: string | null;
  priceMinor: number;
  currency: string;
  startingStock: number;
  categoryIds: readonly string[];
  document: PublicationDocument;
  createdAt: string;
  source: string | null;
}

export function pastPublication(
  { startingStock, categoryIds, document, ...publication }: PastPublication,
  rows: PastRows,
  newId: IdMaker,
): void {
  const { id, sellerId, createdAt: at } = publication;
  const row: PublicationRow = {
    ...publication,
    state: "active",
    stock: startingStock,
    version: 1,
    revision: 1,
    availability: availabilityOf(startingStock),
    soldUnits: 0,
    ratingSum: 0,
    ratingCount: 0,
  };
  rows.publication.push(row);
  for (const categoryId of new Set(categoryIds))
    rows.publicationCategory.push({ publicationId: id, categoryId });
  if (startingStock > 0) {
    const movement = { delta: startingStock, reason: "published" as const, orderLineId: null, at };
    rows.stockMovement.push({ id: newId(at), publicationId: id, ...movement });
  }
  const actor = `user:${sellerId}`;
  rows.transition.push({
    id: newId(at),
    machine: "publication",
    subjectId: id,
    event: "publish",
    fromState: null,
    toState: "active",
    actor,
    at,
    inferred: false,
  });
  rows.event.push({
    ...publicationEvent("publication.published", factsOf(row, categoryIds, document), document),
    actor,
    occurredAt: at,
    personal: textOf(document),
  });
}

/** What a batch of orders and reviews changes of one publication. */
export interface Counts {
  publicationId: string;
  stock: number;
  soldUnits: number;
  ratingSum: number;
  ratingCount: number;
  /** Of the last of what changed it. */
  at: string;
}

const UNSOLD_STATES = ["reserved", "expired", "cancelled"];

/**
 * What the orders and reviews of a batch change of publications. Those that the batch itself brings are
 * changed in their rows and first events; what is given is for those that are in Aurora already.
 */
export function countSales(rows: PastRows): Counts[] {
  const counts = new Map<string, Counts>();
  const of = (publicationId: string, at: string): Counts => {
    const found = counts.get(publicationId);
    if (found) {
      if (at > found.at) found.at = at;
      return found;
    }
    const made = { publicationId, stock: 0, soldUnits: 0, ratingSum: 0, ratingCount: 0, at };
    counts.set(publicationId, made);
    return made;
  };
  for (const { publicationId, delta, reason, at } of rows.stockMovement)
    if (reason !== "published") of(publicationId, at).stock += delta;
  const unsold = new Set(
    rows.order.filter(({ state }) => UNSOLD_STATES.includes(state)).map(({ id }) => id),
  );
  for (const { orderId, publicationId, quantity } of rows.orderLine)
    if (!unsold.has(orderId)) of(publicationId, "").soldUnits += quantity;
  for (const { publicationId, rating, createdAt } of rows.review) {
    const count = of(publicationId, createdAt);
    count.ratingSum += rating;
    count.ratingCount += 1;
  }
  foldIn(counts, rows);
  return [...counts.values()].sort((a, b) => (a.publicationId < b.publicationId ? -1 : 1));
}

/** Counts for publications of the batch itself go into their rows, and into the event that brings them. */
function foldIn(counts: Map<string, Counts>, rows: PastRows): void {
  const folded = new Map<string, PublicationRow>();
  for (const row of rows.publication) {
    const count = counts.get(row.id);
    if (!count) continue;
    row.stock += count.stock;
    row.availability = availabilityOf(row.stock);
    row.soldUnits += count.soldUnits;
    row.ratingSum += count.ratingSum;
    row.ratingCount += count.ratingCount;
    counts.delete(row.id);
    folded.set(row.id, row);
  }
  if (folded.size === 0) return;
  for (const event of rows.event) {
    if (event.type !== "publication.published") continue;
    const row = folded.get(event.subjectId);
    if (!row) continue;
    const { categories, images } = event.data as { categories: string[]; images: string[] };
    event.data = { ...publicationFacts(row, categories, images) };
  }
}

const factsOf = (
  row: PublicationRow,
  categoryIds: readonly string[],
  { images }: PublicationDocument,
) => publicationFacts(row, [...new Set(categoryIds)], images);

function textOf({ title, description, language, keywords }: PublicationDocument) {
  return { title, description, language, keywords };
}
