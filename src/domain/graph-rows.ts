/** What a property of the graph can hold: a whole number is an Int there, a bigint a Long. */
export type GraphValue = string | number | bigint | boolean | Date;

export type GraphProperties = Readonly<Record<string, GraphValue>>;

/** A vertex as files and merges have it. */
export interface VertexRow {
  id: string;
  label: string;
  properties: GraphProperties;
}

/** An edge as files and merges have it; `from` and `to` are ids of vertices. */
export interface EdgeRow extends VertexRow {
  from: string;
  to: string;
}

/** How many there are of each label. */
export type LabelCounts = Record<string, number>;
