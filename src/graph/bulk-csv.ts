import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { parse } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import type { EdgeRow, GraphProperties, GraphValue, VertexRow } from "../domain/graph-rows.ts";
import { MktError } from "../errors.ts";
import type { GraphPage } from "./extract.ts";
import {
  EDGES,
  type EdgeLabel,
  type PropertyType,
  type PropertyTypes,
  VERTICES,
  type VertexLabel,
} from "./vocabulary.ts";

/** What was written: how many rows, how many bytes, and the SHA-256 of those in hexadecimal. */
export interface WrittenFile {
  rows: number;
  bytes: number;
  sha256: string;
}

/** Takes the rows of one label out of each page, and writes them to a file. */
export interface BulkWriter {
  write(page: GraphPage): Promise<void>;
  close(): Promise<WrittenFile>;
}

const ROWS_AT_ONCE = 500;

/** A file of vertices in the format of Neptune's bulk loader: RFC 4180, UTF-8, a typed header. */
export function vertexWriter(path: string, label: VertexLabel): Promise<BulkWriter> {
  const types = Object.entries(VERTICES[label]);
  const columns = types.map(([name, type]) => `${name}:${type}(single)`);
  return openWriter(path, ["~id", "~label", ...columns], ({ vertices }) =>
    vertices
      .filter((row) => row.label === label)
      .map(({ id, properties }) => [id, label, ...cells(types, properties)]),
  );
}

/** The same for edges, whose properties hold one value each: there the loader knows no `(single)`. */
export function edgeWriter(path: string, label: EdgeLabel): Promise<BulkWriter> {
  const types = Object.entries(EDGES[label].properties);
  const columns = types.map(([name, type]) => `${name}:${type}`);
  return openWriter(path, ["~id", "~from", "~to", "~label", ...columns], ({ edges }) =>
    edges
      .filter((row) => row.label === label)
      .map(({ id, from, to, properties }) => [id, from, to, label, ...cells(types, properties)]),
  );
}

async function openWriter(
  path: string,
  header: string[],
  toLines: (page: GraphPage) => string[][],
): Promise<BulkWriter> {
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  const written = { rows: 0, bytes: 0 };
  const append = async (lines: string[][]) => {
    const text = Buffer.from(
      stringify(lines, { record_delimiter: "windows", quoted_match: /[\r\n]/ }),
    );
    await file.writeFile(text);
    hash.update(text);
    written.bytes += text.length;
  };
  await append([header]);
  return {
    write: async (page) => {
      const lines = toLines(page);
      if (lines.length > 0) await append(lines);
      written.rows += lines.length;
    },
    close: async () => {
      await file.close();
      return { ...written, sha256: hash.digest("hex") };
    },
  };
}

function cells(types: readonly [string, PropertyType][], properties: GraphProperties): string[] {
  return types.map(([name]) => {
    const value = properties[name];
    return value instanceof Date ? value.toISOString() : String(value ?? "");
  });
}

/** The rows of a file of vertices, 500 at a time. Throws `invalid` for a cell that its type does not allow. */
export function readVertices(path: string, label: VertexLabel): AsyncGenerator<VertexRow[]> {
  return readRows(path, (cellOf) => ({
    id: cellOf("~id"),
    label: cellOf("~label"),
    properties: readProperties(VERTICES[label], (name, type) => cellOf(`${name}:${type}(single)`)),
  }));
}

/** The same for a file of edges. */
export function readEdges(path: string, label: EdgeLabel): AsyncGenerator<EdgeRow[]> {
  return readRows(path, (cellOf) => ({
    id: cellOf("~id"),
    label: cellOf("~label"),
    from: cellOf("~from"),
    to: cellOf("~to"),
    properties: readProperties(EDGES[label].properties, (name, type) => cellOf(`${name}:${type}`)),
  }));
}

async function* readRows<Row>(
  path: string,
  toRow: (cellOf: (column: string) => string) => Row,
): AsyncGenerator<Row[]> {
  const records: AsyncIterable<Record<string, string>> = createReadStream(path).pipe(
    parse({ columns: true, record_delimiter: "\r\n" }),
  );
  let rows: Row[] = [];
  for await (const record of records) {
    rows.push(toRow((column) => record[column] ?? ""));
    if (rows.length < ROWS_AT_ONCE) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

function readProperties(
  types: PropertyTypes,
  cellOf: (name: string, type: PropertyType) => string,
): GraphProperties {
  const properties: Record<string, GraphValue> = {};
  for (const [name, type] of Object.entries(types)) {
    const text = cellOf(name, type);
    if (text !== "") properties[name] = readValue(text, type);
  }
  return properties;
}

const INTEGER = /^-?\d+$/;

function readValue(text: string, type: PropertyType): GraphValue {
  if (type === "String") return text;
  if (type === "Bool" && (text === "true" || text === "false")) return text === "true";
  if (type === "Int" && INTEGER.test(text)) return Number(text);
  if (type === "Long" && INTEGER.test(text)) return BigInt(text);
  if (type === "Date" && !Number.isNaN(Date.parse(text))) return new Date(text);
  throw new MktError("invalid", `${JSON.stringify(text)} is no ${type} of the graph`);
}
