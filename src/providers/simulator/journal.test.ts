import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type TestContext, test } from "vitest";
import * as z from "zod";
import { openJournal } from "./journal.ts";

const schemas = { apple: z.object({ size: z.number() }), pear: z.string() };

async function newPath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "mkt-journal-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, "deeper", "journal.ndjson");
}

async function contents(path: string) {
  const journal = await openJournal(path, schemas);
  await journal.close();
  return {
    apple: Object.fromEntries(journal.tables.apple),
    pear: Object.fromEntries(journal.tables.pear),
  };
}

test("remembers the last value of each thing, and what was removed", async (t) => {
  const path = await newPath(t);
  const journal = await openJournal(path, schemas);
  journal.write({ apple: { a: { size: 1 }, b: { size: 2 } }, pear: { a: "green" } });
  journal.write({ apple: { a: { size: 3 }, b: null } });
  t.expect(journal.tables.apple.get("a")).toEqual({ size: 3 });
  await journal.flush();
  t.expect((await readFile(path, "utf8")).split("\n")).toHaveLength(3);
  t.expect((await stat(path)).mode & 0o777).toBe(0o600);
  await journal.close();
  t.expect(await contents(path)).toEqual({ apple: { a: { size: 3 } }, pear: { a: "green" } });
});

test("wherever the file was torn, whole changes are kept and half ones are not", async (t) => {
  const path = await newPath(t);
  const journal = await openJournal(path, schemas);
  for (let size = 1; size <= 5; size++) journal.write({ apple: { a: { size } }, pear: { b: "ñ" } });
  await journal.close();
  const bytes = await readFile(path);
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length }), async (length) => {
      await writeFile(path, bytes.subarray(0, length));
      const whole = bytes.subarray(0, length).filter((byte) => byte === 10).length;
      const expected = whole === 0 ? {} : { a: { size: whole } };
      t.expect((await contents(path)).apple).toEqual(expected);
      // What is written after the tear is whole again.
      const torn = await openJournal(path, schemas);
      torn.write({ apple: { z: { size: 9 } } });
      await torn.close();
      t.expect((await contents(path)).apple).toEqual({ ...expected, z: { size: 9 } });
    }),
    { numRuns: 40 },
  );
});

test.for([
  { what: "not JSON", line: "{" },
  { what: "a value that fits no schema", line: '{"apple":{"a":{"size":"big"}}}' },
  { what: "an unknown kind", line: '{"plum":{"a":1}}' },
  { what: "no change at all", line: "7x" },
])("damage before the end is not passed over: $what", async ({ line }, t) => {
  const path = await newPath(t);
  await (await openJournal(path, schemas)).close();
  const text = `{"apple":{"a":{"size":1}}}\n${line}\n{"apple":{"b":{"size":1}}}\n`;
  await writeFile(path, text);
  await t.expect(openJournal(path, schemas)).rejects.toMatchObject({
    code: "check_failed",
    message: t.expect.stringContaining("damaged at line 2"),
  });
  t.expect(await readFile(path, "utf8")).toBe(text);
});

test("a long file is compacted when opened, and goes on", async (t) => {
  const path = await newPath(t);
  const journal = await openJournal(path, schemas);
  for (let size = 0; size < 1500; size++) journal.write({ apple: { a: { size } } });
  journal.write({ pear: { b: "green" } });
  await journal.close();
  const expected = { apple: { a: { size: 1499 } }, pear: { b: "green" } };
  t.expect(await contents(path)).toEqual(expected);
  t.expect((await readFile(path, "utf8")).split("\n")).toHaveLength(3);
  const again = await openJournal(path, schemas);
  again.write({ apple: { c: { size: 1 } } });
  await again.close();
  t.expect((await contents(path)).apple).toEqual({ a: { size: 1499 }, c: { size: 1 } });
});

test("a closed journal takes nothing more", async (t) => {
  const journal = await openJournal(await newPath(t), schemas);
  await journal.close();
  t.expect(() => journal.write({ pear: { a: "late" } })).toThrow("closed");
  t.expect(journal.tables.pear.size).toBe(0);
});
