import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import type { LabelCounts } from "../domain/graph-rows.ts";
import { newId } from "../domain/ids.ts";
import { MktError } from "../errors.ts";
import { extractGraph } from "../graph/extract.ts";
import {
  countRows,
  type GraphFile,
  loadGraphFiles,
  writeGraphFiles,
} from "../graph/graph-files.ts";
import { copyQuestions } from "./copy-questions.ts";

export interface GraphDump {
  id: string;
  /** Every event of the log up to here is in the dump. */
  position: number;
  createdAt: string;
  /** The object that lists the files; it is written last, so where it stands the dump is whole. */
  manifestKey: string;
  files: (GraphFile & { key: string })[];
  vertices: LabelCounts;
  edges: LabelCounts;
}

export interface DumpRequest {
  actor: Actor;
  /** Whether the graph is loaded too, or only the files written. */
  load: boolean;
  progress?: (phase: "writing" | "loading", done: number, total: number) => void;
}

type DumpDeps = Pick<
  Deps,
  "events" | "graphSource" | "pages" | "questions" | "objects" | "graph" | "now"
>;

/**
 * Dumps everything as a graph: bulk-loader files and a manifest in S3, then the same files into Neptune in
 * place of what it held; until that is done, questions see a part of it. Throws `check_failed` when the
 * graph then counts otherwise than the files. For operators and analysts.
 */
export async function dumpGraph(request: DumpRequest, deps: DumpDeps): Promise<GraphDump> {
  requireStaff(request.actor, "operator", "analyst");
  const directory = await mkdtemp(join(tmpdir(), "mkt-dump-"));
  try {
    const dump = await writeDump(directory, request, deps);
    if (request.load) {
      await loadDump(directory, dump, request, deps);
      await checkCounts(dump, deps);
    }
    const { id, position, manifestKey, createdAt } = dump;
    const [vertices, edges] = [total(dump.vertices), total(dump.edges)];
    await deps.graphSource.recordDump({ id, position, manifestKey, vertices, edges, createdAt });
    return dump;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function writeDump(
  directory: string,
  { progress }: DumpRequest,
  deps: DumpDeps,
): Promise<GraphDump> {
  // Before the reading: what is committed meanwhile may be in the dump, and comes again with its event.
  await copyQuestions(deps);
  await deps.events.sequence();
  const position = await deps.events.lastPosition();
  const [id, createdAt] = [newId(), deps.now()];
  const prefix = `graph/${id}`;
  const written = await deps.graphSource.snapshot((rows) =>
    writeGraphFiles(directory, extractGraph(rows, deps.pages)),
  );
  const files = written.map((file) => ({ key: `${prefix}/${file.name}`, ...file }));
  for (const [index, { key, name }] of files.entries()) {
    await deps.objects.putFile(key, join(directory, name), "text/csv; charset=utf-8");
    progress?.("writing", index + 1, files.length);
  }
  const manifest = {
    id,
    position,
    createdAt,
    files,
    vertices: countRows(files, "vertices"),
    edges: countRows(files, "edges"),
  };
  const manifestKey = `${prefix}/manifest.json`;
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await deps.objects.putObject(manifestKey, text, "application/json");
  return { ...manifest, manifestKey };
}

async function loadDump(
  directory: string,
  { files, vertices, edges }: GraphDump,
  { progress }: DumpRequest,
  { graph }: Pick<Deps, "graph">,
): Promise<void> {
  const rows = total(vertices) + total(edges);
  let done = 0;
  await graph.clear();
  await loadGraphFiles(directory, files, graph, (loaded) => {
    done += loaded;
    progress?.("loading", done, rows);
  });
}

async function checkCounts(dump: GraphDump, { graph }: Pick<Deps, "graph">): Promise<void> {
  const counted = await graph.countByLabel();
  const differences = [
    ...differencesOf(dump.vertices, counted.vertices),
    ...differencesOf(dump.edges, counted.edges),
  ];
  if (differences.length === 0) return;
  throw new MktError(
    "check_failed",
    `the graph is not what was dumped: ${differences.join("; ")}`,
    {
      hint: "something else writes to the graph; when it has ended, run mkt dump-graph again",
    },
  );
}

/** A label that the graph has none of does not appear in its counts. */
function differencesOf(written: LabelCounts, counted: LabelCounts): string[] {
  return [...new Set([...Object.keys(written), ...Object.keys(counted)])]
    .map((label) => ({ label, from: written[label] ?? 0, to: counted[label] ?? 0 }))
    .filter(({ from, to }) => from !== to)
    .map(({ label, from, to }) => `${label}: ${from} written, ${to} in the graph`);
}

function total(counts: LabelCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
