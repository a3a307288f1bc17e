import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { stringify } from "csv-stringify/sync";
import type { EdgeRow, GraphValue, VertexRow } from "../domain/graph-rows.ts";
import {
  EDGE_PROPERTIES,
  type EdgeLabel,
  type PropertyType,
  VERTEX_PROPERTIES,
  type VertexLabel,
} from "./vocabulary.ts";

/** A file that was written: how many rows, how many bytes, and its SHA-256 in hexadecimal. */
export interface BulkFile {
  rows: number;
  bytes: number;
  sha256: string;
}

/** Writes one label's rows in Neptune's bulk-loader format: RFC 4180, UTF-8, a typed header. */
export interface BulkWriter<Row> {
  write(rows: readonly Row[]): Promise<void>;
  end(): Promise<BulkFile>;
}

export function vertexWriter(path: string, label: VertexLabel): Promise<BulkWriter<VertexRow>> {
  const properties = Object.entries(VERTEX_PROPERTIES[label]);
  const typed = properties.map(
    ([name, type]) => `${name}:${type}${type === "String" ? "(single)" : ""}`,
  );
  return openWriter(path, ["~id", "~label", ...typed], ({ id, properties: held }) => [
    id,
    label,
    ...cells(properties, held),
  ]);
}

export function edgeWriter(path: string, label: EdgeLabel): Promise<BulkWriter<EdgeRow>> {
  const properties = Object.entries(EDGE_PROPERTIES[label]);
  const typed = properties.map(([name, type]) => `${name}:${type}`);
  return openWriter(
    path,
    ["~id", "~from", "~to", "~label", ...typed],
    ({ id, from, to, properties: held }) => [id, from, to, label, ...cells(properties, held)],
  );
}

function cells(
  properties: readonly [string, PropertyType][],
  held: VertexRow["properties"],
): string[] {
  return properties.map(([name]) => cell(held[name]));
}

function cell(value: GraphValue | undefined): string {
  if (value === undefined) return "";
  return value instanceof Date ? value.toISOString() : String(value);
}

async function openWriter<Row>(
  path: string,
  header: readonly string[],
  toCells: (row: Row) => string[],
): Promise<BulkWriter<Row>> {
  const file: FileHandle = await open(path, "w", 0o600);
  const hash = createHash("sha256");
  let [rows, bytes] = [0, 0];
  const append = async (lines: readonly (readonly string[])[]) => {
    const text = Buffer.from(
      stringify(
        lines.map((line) => [...line]),
        { record_delimiter: "windows" },
      ),
    );
    hash.update(text);
    bytes += text.length;
    await file.write(text);
  };
  await append([header]);
  return {
    write: async (batch) => {
      if (batch.length === 0) return;
      rows += batch.length;
      await append(batch.map(toCells));
    },
    end: async () => {
      await file.close();
      return { rows, bytes, sha256: hash.digest("hex") };
    },
  };
}
