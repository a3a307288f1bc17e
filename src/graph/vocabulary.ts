/** Types of properties, as Neptune's bulk loader names them. Dates are ISO-8601 in files. */
export type PropertyType = "String" | "Int" | "Long" | "Bool" | "Date";
export type PropertyTypes = Readonly<Record<string, PropertyType>>;

/**
 * Vertices and their properties. Nothing in the graph says who anybody is, where they live or what they
 * wrote: people are ids, addresses are keyed hashes, instruments the payment provider's fingerprints.
 */
export const VERTICES = {
  user: { banned: "Bool", createdAt: "Date" },
  category: { name: "String" },
  publication: {
    title: "String",
    state: "String",
    priceMinor: "Long",
    currency: "String",
    createdAt: "Date",
  },
  purchase: { currency: "String", createdAt: "Date" },
  address: {},
  instrument: { brand: "String" },
  question: { state: "String", askedAt: "Date" },
  review: { rating: "Int", conforms: "Bool", createdAt: "Date" },
} as const satisfies Record<string, PropertyTypes>;

/** Edges: from what to what they go, at most one of a label between two vertices, and their properties. */
export const EDGES = {
  sells: { from: "user", to: "publication", properties: {} },
  in_category: { from: "publication", to: "category", properties: {} },
  placed: { from: "user", to: "purchase", properties: {} },
  /** `state` is that of the order which the publication belongs to. */
  contains: {
    from: "purchase",
    to: "publication",
    properties: { quantity: "Int", unitPriceMinor: "Long", state: "String" },
  },
  ships_to: { from: "purchase", to: "address", properties: {} },
  paid_with: { from: "purchase", to: "instrument", properties: {} },
  /** Derived from the others: what buyers paid for, and neither cancelled nor got refunded in full. */
  bought: { from: "user", to: "publication", properties: {} },
  asked: { from: "user", to: "question", properties: {} },
  about: { from: "question", to: "publication", properties: {} },
  wrote: { from: "user", to: "review", properties: {} },
  reviews: { from: "review", to: "publication", properties: {} },
} as const satisfies Record<
  string,
  { from: VertexLabel; to: VertexLabel; properties: PropertyTypes }
>;

export type VertexLabel = keyof typeof VERTICES;
export type EdgeLabel = keyof typeof EDGES;

/** The id of a vertex: the same thing has the same one in every dump. */
export function vertexId(label: VertexLabel, id: string): string {
  return `${label}:${id}`;
}

/** The thing's own id in that of its vertex. */
export function idOfVertex(vertexId: string): string {
  return vertexId.slice(vertexId.indexOf(":") + 1);
}

/** The id of an edge between two things, given by their own ids. */
export function edgeId(label: EdgeLabel, from: string, to: string): string {
  return `${label}:${from}:${to}`;
}
