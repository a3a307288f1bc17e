import { ratingOf } from "../event-data.ts";
import { idFrom } from "../ids.ts";
import type { Row, World } from "./world.ts";

/** What of a publication other orders than those of the slice did. */
export interface Outside {
  publicationId: string;
  /** The sum of their movements, and when the last of them was. */
  stock: number;
  movedAt: string | null;
  soldUnits: number;
  ratingSum: number;
  ratingCount: number;
}

const CAUSED_BY_SALES = ["publication.rated", "publication.availability_changed"];

/**
 * Lets publications count only what is in the slice: what other orders took of the stock becomes one adjustment,
 * their sales and stars are taken off, and events that they caused are left out. What was wrong with a publication
 * before is wrong with it after. Changes the world.
 */
export function closeWorld(world: World, outside: readonly Outside[]): void {
  const others = new Map(outside.map((one) => [one.publicationId, one]));
  const told: Row<"event">[] = [];
  for (const publication of world.publication) {
    const other = others.get(publication.id);
    if (other) takeOff(publication, other, world);
    told.push(...retold(publication, other, world));
  }
  const rest = world.event.filter(({ subjectKind }) => subjectKind !== "publication");
  world.event = [...told, ...rest];
}

function takeOff(publication: Row<"publication">, other: Outside, world: World): void {
  publication.soldUnits -= other.soldUnits;
  publication.ratingSum -= other.ratingSum;
  publication.ratingCount -= other.ratingCount;
  if (other.stock === 0) return;
  const at = other.movedAt ?? publication.createdAt;
  world.stockMovement.push({
    id: idFrom(`snapshot:${publication.id}:${other.stock}`, at),
    publicationId: publication.id,
    delta: other.stock,
    reason: "adjusted",
    orderLineId: null,
    at,
  });
}

/** A publication's events, as they would be had only the slice happened; the last one says what its row says. */
function retold(
  publication: Row<"publication">,
  other: Outside | undefined,
  { event: events, review: reviews, stockMovement: movements }: World,
): Row<"event">[] {
  const { id } = publication;
  const stars = reviews.filter(({ publicationId }) => publicationId === id);
  const moments = new Set([
    ...stars.map(({ createdAt }) => createdAt),
    ...movements.flatMap(({ publicationId, at }) => (publicationId === id ? at : [])),
  ]);
  const own = events.filter(
    ({ subjectId, type, occurredAt }) =>
      subjectId === id && (!CAUSED_BY_SALES.includes(type) || moments.has(occurredAt)),
  );
  const told = own.map((event, index): Row<"event"> => {
    const revision = index + 1;
    const rating = ratingOf(sumOf(stars.filter(({ createdAt }) => createdAt <= event.occurredAt)));
    return { ...event, revision, data: { ...event.data, revision, rating } };
  });
  const last = told.at(-1);
  if (!last) return [];
  const rating = ratingOf(publication);
  const isRated = JSON.stringify(last.data.rating) !== JSON.stringify(rating);
  const { state, availability } = publication;
  if (isRated || last.data.availability !== availability) {
    const revision = last.revision + 1;
    const times = [last.occurredAt, other?.movedAt ?? "", ...moments].sort();
    told.push({
      ...last,
      type: isRated ? "publication.rated" : "publication.availability_changed",
      revision,
      actor: `user:${publication.sellerId}`,
      occurredAt: times.at(-1) ?? last.occurredAt,
      data: { ...last.data, state, availability, rating, revision },
      personal: null,
    });
  }
  publication.revision = told.length;
  return told;
}

function sumOf(reviews: readonly Row<"review">[]) {
  return {
    ratingSum: reviews.reduce((sum, { rating }) => sum + rating, 0),
    ratingCount: reviews.length,
  };
}
