import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { startGremlin } from "../local/gremlin/server.ts";
import { type GraphStore, openGraph } from "../stores/neptune/graph.ts";

/** URL of a real engine to test against instead of the embedded one. Tests empty its graph. */
const url = process.env.MKT_TEST_NEPTUNE_URL;

let engine: Promise<{ url: string; stop(): Promise<void> }> | undefined;

async function startEmbedded() {
  const directory = mkdtempSync(join(tmpdir(), "mkt-graph-"));
  const socketPath = join(directory, "g.sock");
  const running = await startGremlin({ socketPath });
  const stop = async () => {
    await running.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { url: `ws+unix://${socketPath}:/gremlin`, stop };
}

afterAll(async () => {
  await (await engine)?.stop();
});

/** How a profile names the graph of this test file: started once, stopped after its last test. */
export async function testGraphUrl(): Promise<string> {
  if (url) return url;
  engine ??= startEmbedded();
  return (await engine).url;
}

/** The graph of this test file, empty; disposing it closes the connection. */
export async function testGraph(): Promise<GraphStore & AsyncDisposable> {
  const graph = openGraph({ url: await testGraphUrl() });
  await graph.clear();
  return { ...graph, [Symbol.asyncDispose]: () => graph.close() };
}

/** An answer of the driver as plain values: elements by id, maps by the names of their keys, paths as lists. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, held]) => [String(plain(key)), plain(held)]));
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if ("objects" in value) return plain(value.objects);
  if ("elementName" in value) return value.elementName;
  if ("key" in value && "value" in value) return { [String(value.key)]: value.value };
  return "id" in value ? value.id : value;
}
