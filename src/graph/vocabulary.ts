/** Labels of vertices. Nothing in the graph says who anybody is: users are ids, addresses are hashes. */
export const VERTEX_LABELS = [
  "user",
  "publication",
  "category",
  "purchase",
  "question",
  "review",
  "address",
  "instrument",
] as const;

/** Labels of edges, and from what to what they go. */
export const EDGE_LABELS = {
  sells: ["user", "publication"],
  in_category: ["publication", "category"],
  placed: ["user", "purchase"],
  contains: ["purchase", "publication"],
  ships_to: ["purchase", "address"],
  paid_with: ["purchase", "instrument"],
  asked: ["user", "question"],
  about: ["question", "publication"],
  wrote: ["user", "review"],
  reviews: ["review", "publication"],
} as const;

export type VertexLabel = (typeof VERTEX_LABELS)[number];
export type EdgeLabel = keyof typeof EDGE_LABELS;

/** Types of the bulk loader's columns. Dates are ISO-8601. */
export type PropertyType = "String" | "Int" | "Long" | "Double" | "Bool" | "Date";

/** Properties of each label with their types: the header of its file. */
export const VERTEX_PROPERTIES: Readonly<
  Record<VertexLabel, Readonly<Record<string, PropertyType>>>
> = {
  user: { banned: "Bool", createdAt: "Date" },
  publication: {
    title: "String",
    state: "String",
    priceMinor: "Long",
    currency: "String",
    createdAt: "Date",
  },
  category: { name: "String" },
  purchase: { currency: "String", createdAt: "Date" },
  question: { state: "String", askedAt: "Date" },
  review: { rating: "Int", conforms: "Bool", createdAt: "Date" },
  address: {},
  instrument: { brand: "String" },
};

export const EDGE_PROPERTIES: Readonly<Record<EdgeLabel, Readonly<Record<string, PropertyType>>>> =
  {
    sells: {},
    in_category: {},
    placed: {},
    contains: { quantity: "Int", unitPriceMinor: "Long", state: "String" },
    ships_to: {},
    paid_with: {},
    asked: {},
    about: {},
    wrote: {},
    reviews: {},
  };

/** The id of a vertex: the same thing has the same one in every dump. */
export function vertexId(label: VertexLabel, id: string): string {
  return `${label}:${id}`;
}

/** The id of an edge; `own` tells edges of one label between the same ends apart. */
export function edgeId(label: EdgeLabel, from: string, to: string, own?: string): string {
  return own === undefined ? `${label}:${from}:${to}` : `${label}:${own}`;
}
