import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { LabelCounts } from "../domain/graph-rows.ts";
import type { GraphStore } from "../stores/neptune/graph.ts";
import {
  type BulkWriter,
  edgeWriter,
  readEdges,
  readVertices,
  vertexWriter,
  type WrittenFile,
} from "./bulk-csv.ts";
import type { GraphPage } from "./extract.ts";
import { EDGES, type EdgeLabel, VERTICES, type VertexLabel } from "./vocabulary.ts";

type Labelled = { kind: "vertices"; label: VertexLabel } | { kind: "edges"; label: EdgeLabel };

/** One label's file. The bulk loader is given the directory of all vertices, then that of all edges. */
export type GraphFile = Labelled & WrittenFile & { name: string };

const FILES: readonly Labelled[] = [
  ...(Object.keys(VERTICES) as VertexLabel[]).map(
    (label) => ({ kind: "vertices", label }) as const,
  ),
  ...(Object.keys(EDGES) as EdgeLabel[]).map((label) => ({ kind: "edges", label }) as const),
];

/** Writes the graph as one file a label, those without rows too, into an empty directory. */
export async function writeGraphFiles(
  directory: string,
  pages: AsyncIterable<GraphPage>,
): Promise<GraphFile[]> {
  const opened: (Labelled & { name: string; writer: BulkWriter })[] = [];
  const closed: GraphFile[] = [];
  await mkdir(join(directory, "vertices"));
  await mkdir(join(directory, "edges"));
  try {
    for (const file of FILES) {
      const name = `${file.kind}/${file.label}.csv`;
      const path = join(directory, name);
      const writer =
        file.kind === "vertices"
          ? await vertexWriter(path, file.label)
          : await edgeWriter(path, file.label);
      opened.push({ ...file, name, writer });
    }
    for await (const page of pages) for (const { writer } of opened) await writer.write(page);
  } finally {
    for (const { writer, ...file } of opened) closed.push({ ...file, ...(await writer.close()) });
  }
  return closed;
}

/** How many rows there are of each label. */
export function countRows(files: readonly GraphFile[], kind: GraphFile["kind"]): LabelCounts {
  const ofKind = files.filter((file) => file.kind === kind);
  return Object.fromEntries(ofKind.map(({ label, rows }) => [label, rows]));
}

/** Puts what the files of a directory hold into the graph, all vertices before the first edge. */
export async function loadGraphFiles(
  directory: string,
  files: readonly GraphFile[],
  graph: Pick<GraphStore, "mergeVertices" | "mergeEdges">,
  loaded: (rows: number) => void,
): Promise<void> {
  for (const { kind, label, name } of files) {
    if (kind !== "vertices") continue;
    for await (const rows of readVertices(join(directory, name), label)) {
      await graph.mergeVertices(rows);
      loaded(rows.length);
    }
  }
  for (const { kind, label, name } of files) {
    if (kind !== "edges") continue;
    for await (const rows of readEdges(join(directory, name), label)) {
      await graph.mergeEdges(rows);
      loaded(rows.length);
    }
  }
}
