/** What a property of the graph can hold. */
export type GraphValue = string | number | boolean | Date;

/** A vertex as files and merges have it. */
export interface VertexRow {
  id: string;
  label: string;
  properties: Readonly<Record<string, GraphValue>>;
}

/** An edge as files and merges have it; `from` and `to` are ids of vertices. */
export interface EdgeRow {
  id: string;
  label: string;
  from: string;
  to: string;
  properties: Readonly<Record<string, GraphValue>>;
}

/** How many there are of each label. */
export type LabelCounts = Record<string, number>;
