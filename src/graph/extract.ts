import { createHash } from "node:crypto";
import type { Deps } from "../deps.ts";
import type { EdgeRow, GraphValue, VertexRow } from "../domain/graph-rows.ts";
import { hasCode } from "../errors.ts";
import {
  type EdgeLabel,
  edgeId,
  type PropertyType,
  VERTEX_PROPERTIES,
  type VertexLabel,
  vertexId,
} from "./vocabulary.ts";

/** A page of the graph: vertices, and edges whose ends stand in this page or an earlier one. */
export interface GraphPage {
  vertices: VertexRow[];
  edges: EdgeRow[];
}

type SourceDeps = Pick<Deps, "graphSource" | "pages" | "notice">;

const PAGE = 500;
const FIRST = "00000000-0000-0000-0000-000000000000";

/** Everything that the graph is made of, in pages; reads Aurora, and titles from DynamoDB. */
export async function* extractGraph(deps: SourceDeps): AsyncGenerator<GraphPage> {
  yield* paged(deps.graphSource.users, (rows) => ({
    vertices: rows.map(({ id, bannedAt, createdAt }) =>
      vertex("user", id, { banned: bannedAt !== null, createdAt }),
    ),
    edges: [],
  }));
  yield* paged(deps.graphSource.categories, (rows) => ({
    vertices: rows.map(({ id, name }) => vertex("category", id, { name })),
    edges: [],
  }));
  yield* paged(deps.graphSource.publications, (rows) => publicationsPage(rows, deps));
  yield* paged(deps.graphSource.purchases, (rows) => purchasesPage(rows, deps));
  yield* paged(deps.graphSource.questions, (rows) => questionsPage(rows));
  yield* paged(deps.graphSource.reviews, (rows) => ({
    vertices: rows.map(({ id, rating, conforms, createdAt }) =>
      vertex("review", id, { rating, conforms, createdAt }),
    ),
    edges: rows.flatMap(({ id, authorId, publicationId }) => [
      edge("wrote", ["user", authorId], ["review", id]),
      edge("reviews", ["review", id], ["publication", publicationId]),
    ]),
  }));
}

async function* paged<Row extends { id: string }>(
  read: (after: string, limit: number) => Promise<Row[]>,
  toPage: (rows: Row[]) => GraphPage | Promise<GraphPage>,
): AsyncGenerator<GraphPage> {
  let after = FIRST;
  for (;;) {
    const rows = await read(after, PAGE);
    if (rows.length > 0) yield await toPage(rows);
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}

type Publications = Awaited<ReturnType<Deps["graphSource"]["publications"]>>;
type Purchases = Awaited<ReturnType<Deps["graphSource"]["purchases"]>>;
type Questions = Awaited<ReturnType<Deps["graphSource"]["questions"]>>;

async function publicationsPage(
  rows: Publications,
  { graphSource, pages, notice }: SourceDeps,
): Promise<GraphPage> {
  const ids = rows.map(({ id }) => id);
  const [categories, shown] = await Promise.all([
    graphSource.publicationCategories(ids),
    pages.getMany(ids).catch((error: unknown) => {
      if (!hasCode(error, "unavailable")) throw error;
      notice("DynamoDB cannot be reached: the graph is made without titles");
      return new Map<string, { title: string }>();
    }),
  ]);
  return {
    vertices: rows.map(({ id, state, priceMinor, currency, createdAt }) => {
      const title = shown.get(id)?.title;
      return vertex("publication", id, {
        ...(title && { title }),
        state,
        priceMinor,
        currency,
        createdAt,
      });
    }),
    edges: [
      ...rows.map(({ id, sellerId }) => edge("sells", ["user", sellerId], ["publication", id])),
      ...categories.map(({ publicationId, categoryId }) =>
        edge("in_category", ["publication", publicationId], ["category", categoryId]),
      ),
    ],
  };
}

async function purchasesPage(rows: Purchases, { graphSource }: SourceDeps): Promise<GraphPage> {
  const ids = rows.map(({ id }) => id);
  const [lines, instruments] = await Promise.all([
    graphSource.purchaseLines(ids),
    graphSource.purchaseInstruments(ids),
  ]);
  const paid = instruments.flatMap(({ purchaseId, instrument, cardBrand }) =>
    instrument ? [{ purchaseId, instrument, cardBrand }] : [],
  );
  return {
    vertices: [
      ...rows.map(({ id, currency, createdAt }) => vertex("purchase", id, { currency, createdAt })),
      ...rows.map(({ shipTo }) => vertex("address", addressKey(shipTo), {})),
      ...paid.map(({ instrument, cardBrand }) =>
        vertex("instrument", instrument, cardBrand ? { brand: cardBrand } : {}),
      ),
    ],
    edges: [
      ...rows.flatMap(({ id, buyerId, shipTo }) => [
        edge("placed", ["user", buyerId], ["purchase", id]),
        edge("ships_to", ["purchase", id], ["address", addressKey(shipTo)]),
      ]),
      ...lines.map(({ id, purchaseId, publicationId, quantity, unitPriceMinor, state }) =>
        edge(
          "contains",
          ["purchase", purchaseId],
          ["publication", publicationId],
          { quantity, unitPriceMinor, state },
          id,
        ),
      ),
      ...paid.map(({ purchaseId, instrument }) =>
        edge("paid_with", ["purchase", purchaseId], ["instrument", instrument]),
      ),
    ],
  };
}

function questionsPage(rows: Questions): GraphPage {
  return {
    vertices: rows.map(({ id, data, occurredAt }) =>
      vertex("question", id, { state: String(data.state), askedAt: occurredAt }),
    ),
    edges: rows.flatMap(({ id, data }) => [
      edge("asked", ["user", String(data.askerId)], ["question", id]),
      edge("about", ["question", id], ["publication", String(data.publicationId)]),
    ]),
  };
}

/** Equal addresses meet in one vertex, which does not say where they are. */
function addressKey(address: string): string {
  const folded = address
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  return createHash("sha256").update(folded).digest("hex").slice(0, 32);
}

function vertex(label: VertexLabel, id: string, properties: Record<string, GraphValue>): VertexRow {
  return {
    id: vertexId(label, id),
    label,
    properties: dated(properties, VERTEX_PROPERTIES[label]),
  };
}

/** Aurora gives dates as texts; the graph holds them as dates. */
function dated(
  properties: Readonly<Record<string, GraphValue>>,
  types: Readonly<Record<string, PropertyType>>,
): Record<string, GraphValue> {
  const entries = Object.entries(properties).map(([key, value]): [string, GraphValue] => [
    key,
    types[key] === "Date" && typeof value === "string" ? new Date(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function edge(
  label: EdgeLabel,
  from: readonly [VertexLabel, string],
  to: readonly [VertexLabel, string],
  properties: Record<string, GraphValue> = {},
  own?: string,
): EdgeRow {
  return {
    id: edgeId(label, from[1], to[1], own),
    label,
    from: vertexId(...from),
    to: vertexId(...to),
    properties,
  };
}
