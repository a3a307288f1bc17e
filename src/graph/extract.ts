import { createHmac } from "node:crypto";
import type { Deps } from "../deps.ts";
import type { EdgeRow, GraphProperties, VertexRow } from "../domain/graph-rows.ts";
import type { GraphRows } from "../stores/aurora/graph-source.ts";
import { EDGES, type EdgeLabel, edgeId, type VertexLabel, vertexId } from "./vocabulary.ts";

/** A page of the graph: edges end in vertices of this page or of an earlier one. */
export interface GraphPage {
  vertices: VertexRow[];
  edges: EdgeRow[];
}

/** Where titles stand: a publication that has no page yet has none. */
type Pages = Pick<Deps["pages"], "getMany">;

const PAGE = 500;
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

type RowOf<Table extends "users" | "categories" | "publications" | "questions" | "reviews"> =
  Awaited<ReturnType<GraphRows[Table]>>[number];

/** The whole graph in pages of 500 rows or less, each vertex and each edge once. */
export async function* extractGraph(rows: GraphRows, shown: Pages): AsyncGenerator<GraphPage> {
  yield* pages(rows.users, usersPage);
  yield* pages(rows.categories, categoriesPage);
  yield* pages(rows.publications, (page) => publicationsPage(page, rows, shown));
  yield* purchases(rows);
  yield* pages(rows.users, (page) => boughtPage(page, rows));
  yield* pages(rows.questions, questionsPage);
  yield* pages(rows.reviews, reviewsPage);
}

async function* pages<Row extends { id: string }>(
  read: (after: string, limit: number) => Promise<Row[]>,
  toPage: (rows: Row[]) => GraphPage | Promise<GraphPage>,
): AsyncGenerator<GraphPage> {
  for (let after: string | undefined = BEFORE_ALL; after !== undefined; ) {
    const page: Row[] = await read(after, PAGE);
    if (page.length > 0) yield await toPage(page);
    after = page.length < PAGE ? undefined : page.at(-1)?.id;
  }
}

function usersPage(page: RowOf<"users">[]): GraphPage {
  const vertices = page.map(({ id, bannedAt, createdAt }) =>
    vertex("user", id, { banned: bannedAt !== null, createdAt: new Date(createdAt) }),
  );
  return { vertices, edges: [] };
}

function categoriesPage(page: RowOf<"categories">[]): GraphPage {
  return { vertices: page.map(({ id, name }) => vertex("category", id, { name })), edges: [] };
}

async function publicationsPage(
  page: RowOf<"publications">[],
  rows: GraphRows,
  shown: Pages,
): Promise<GraphPage> {
  const ids = page.map(({ id }) => id);
  const pageOf = await shown.getMany(ids);
  const categories = await rows.publicationCategories(ids);
  const vertices = page.map(({ id, state, priceMinor, currency, createdAt }) => {
    const title = pageOf.get(id)?.title;
    return vertex("publication", id, {
      ...(title !== undefined && { title }),
      state,
      priceMinor: BigInt(priceMinor),
      currency,
      createdAt: new Date(createdAt),
    });
  });
  const edges = [
    ...page.map(({ id, sellerId }) => edge("sells", sellerId, id)),
    ...categories.map(({ publicationId, categoryId }) =>
      edge("in_category", publicationId, categoryId),
    ),
  ];
  return { vertices, edges };
}

/** Purchases share addresses and instruments: whichever comes first brings the vertex. */
async function* purchases(rows: GraphRows): AsyncGenerator<GraphPage> {
  const addressKey = addressKeys((await rows.firstOrderId()) ?? "");
  const known = new Set<string>();
  const isNew = ({ id }: VertexRow) => !known.has(id) && known.add(id) !== undefined;
  yield* pages(rows.purchases, async (page) => {
    const ids = page.map(({ id }) => id);
    const lines = await rows.purchaseLines(ids);
    const instruments = await rows.purchaseInstruments(ids);
    const bought = page.map(({ id, currency, createdAt }) =>
      vertex("purchase", id, { currency, createdAt: new Date(createdAt) }),
    );
    const addresses = page.map(({ shipTo }) => vertex("address", addressKey(shipTo), {}));
    const cards = instruments.map(({ instrument, brand }) =>
      vertex("instrument", instrument, brand === null ? {} : { brand }),
    );
    const edges = [
      ...page.flatMap(({ id, buyerId, shipTo }) => [
        edge("placed", buyerId, id),
        edge("ships_to", id, addressKey(shipTo)),
      ]),
      ...lines.map(({ purchaseId, publicationId, quantity, unitPriceMinor, state }) =>
        edge("contains", purchaseId, publicationId, {
          quantity,
          unitPriceMinor: BigInt(unitPriceMinor),
          state,
        }),
      ),
      ...instruments.map(({ purchaseId, instrument }) => edge("paid_with", purchaseId, instrument)),
    ];
    return { vertices: [...bought, ...[...addresses, ...cards].filter(isNew)], edges };
  });
}

async function boughtPage(page: RowOf<"users">[], rows: GraphRows): Promise<GraphPage> {
  const pairs = await rows.bought(page.map(({ id }) => id));
  return {
    vertices: [],
    edges: pairs.map(({ buyerId, publicationId }) => edge("bought", buyerId, publicationId)),
  };
}

function questionsPage(page: RowOf<"questions">[]): GraphPage {
  const vertices = page.map(({ id, data, askedAt }) =>
    vertex("question", id, { state: String(data.state), askedAt: new Date(askedAt) }),
  );
  const edges = page.flatMap(({ id, data }) => [
    edge("asked", String(data.askerId), id),
    edge("about", id, String(data.publicationId)),
  ]);
  return { vertices, edges };
}

function reviewsPage(page: RowOf<"reviews">[]): GraphPage {
  const vertices = page.map(({ id, rating, conforms, createdAt }) =>
    vertex("review", id, { rating, conforms, createdAt: new Date(createdAt) }),
  );
  const edges = page.flatMap(({ id, authorId, publicationId }) => [
    edge("wrote", authorId, id),
    edge("reviews", id, publicationId),
  ]);
  return { vertices, edges };
}

/**
 * Names addresses so that equal ones meet whatever their case, accents and punctuation. Whoever has the
 * graph can guess addresses and hash them: the key, an id that stands in Aurora only, makes that useless.
 */
function addressKeys(key: string): (address: string) => string {
  return (address) => {
    const letters = address.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
    const folded = letters.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
    return createHmac("sha256", key).update(folded).digest("hex");
  };
}

function vertex(label: VertexLabel, id: string, properties: GraphProperties): VertexRow {
  return { id: vertexId(label, id), label, properties };
}

function edge(
  label: EdgeLabel,
  from: string,
  to: string,
  properties: GraphProperties = {},
): EdgeRow {
  const ends = EDGES[label];
  return {
    id: edgeId(label, from, to),
    label,
    from: vertexId(ends.from, from),
    to: vertexId(ends.to, to),
    properties,
  };
}
