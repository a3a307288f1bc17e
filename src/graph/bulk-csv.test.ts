import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import type { EdgeRow, VertexRow } from "../domain/graph-rows.ts";
import { edgeWriter, readEdges, readVertices, vertexWriter } from "./bulk-csv.ts";

const AT = new Date("2026-01-02T03:04:05.678Z");

async function temporaryFile({ onTestFinished }: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "mkt-test-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, "rows.csv");
}

async function all<Row>(batches: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

const publication = (id: string, title?: string): VertexRow => ({
  id: `publication:${id}`,
  label: "publication",
  properties: {
    ...(title !== undefined && { title }),
    state: "active",
    priceMinor: 3_000_000_000n,
    currency: "ARS",
    createdAt: AT,
  },
});

test("writes vertices as the bulk loader reads them, and says what it wrote", async (t) => {
  const path = await temporaryFile(t);
  const writer = await vertexWriter(path, "publication");
  const category: VertexRow = { id: "category:c", label: "category", properties: { name: "Home" } };
  await writer.write({ vertices: [publication("1", 'A "big", red lamp'), category], edges: [] });
  await writer.write({ vertices: [publication("2")], edges: [] });
  const written = await writer.close();
  const text = await readFile(path, "utf8");
  expect(text).toBe(
    [
      "~id,~label,title:String(single),state:String(single),priceMinor:Long(single),currency:String(single),createdAt:Date(single)",
      'publication:1,publication,"A ""big"", red lamp",active,3000000000,ARS,2026-01-02T03:04:05.678Z',
      "publication:2,publication,,active,3000000000,ARS,2026-01-02T03:04:05.678Z",
      "",
    ].join("\r\n"),
  );
  expect(written).toEqual({
    rows: 2,
    bytes: Buffer.byteLength(text),
    sha256: createHash("sha256").update(text).digest("hex"),
  });
});

test("writes edges with plain types, and a file without rows is its header", async (t) => {
  const path = await temporaryFile(t);
  const writer = await edgeWriter(path, "contains");
  expect(await writer.close()).toMatchObject({ rows: 0 });
  expect(await readFile(path, "utf8")).toBe(
    "~id,~from,~to,~label,quantity:Int,unitPriceMinor:Long,state:String\r\n",
  );
  expect(await all(readEdges(path, "contains"))).toEqual([]);
});

test("reads what it wrote: values with their types, texts to the last character", async (t) => {
  const path = await temporaryFile(t);
  const titles = ["plain", " spaces ", "a;b", "two\nlines", "a\rb\r\nc", "‮\u0007 ñ 🛋️", '"', "=1+1"];
  const vertices = titles.map((title, index) => publication(String(index), title));
  vertices.push(publication("untitled"));
  const writer = await vertexWriter(path, "publication");
  await writer.write({ vertices, edges: [] });
  await writer.close();
  expect(await all(readVertices(path, "publication"))).toEqual(vertices);
});

test("reads in batches, in order", async (t) => {
  const path = await temporaryFile(t);
  const edges: EdgeRow[] = Array.from({ length: 1_001 }, (_, index) => ({
    id: `contains:p:${index}`,
    label: "contains",
    from: "purchase:p",
    to: `publication:${index}`,
    properties: { quantity: index + 1, unitPriceMinor: 5n, state: "paid" },
  }));
  const writer = await edgeWriter(path, "contains");
  await writer.write({ vertices: [], edges });
  await writer.close();
  const sizes: number[] = [];
  for await (const batch of readEdges(path, "contains")) sizes.push(batch.length);
  expect(sizes).toEqual([500, 500, 1]);
  expect(await all(readEdges(path, "contains"))).toEqual(edges);
});

test("refuses a cell that its column's type does not allow", async (t) => {
  const path = await temporaryFile(t);
  const writer = await vertexWriter(path, "review");
  const properties = { rating: 4.5, conforms: true, createdAt: AT };
  await writer.write({ vertices: [{ id: "review:1", label: "review", properties }], edges: [] });
  await writer.close();
  await expect(all(readVertices(path, "review"))).rejects.toMatchObject({ code: "invalid" });
});
