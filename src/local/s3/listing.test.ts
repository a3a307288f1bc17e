import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { openBucketFolder } from "./bucket-folder.ts";
import { keyPath } from "./key-path.ts";
import { type KeyFile, type ListPage, type ListRange, takePage } from "./listing.ts";

const part = fc.oneof(
  fc.constantFrom("", ".", "..", "a", "A", "a.", ".a", "a-", "a0", "@object", "@empty", "%2f", "é"),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const key = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"))
  .filter((text) => text !== "");

const bytes = (left: string, right: string) =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

async function bucketOf(keys: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "mkt-s3-"));
  const folder = await openBucketFolder(directory);
  await folder.createBucket("bucket");
  for (const name of keys) {
    const input = { bucket: "bucket", key: name, contentType: "text/plain", ifAbsent: false };
    await folder.putObject(input, async (sink) => {
      await sink(Buffer.from(name));
      return { sizeBytes: Buffer.byteLength(name), md5: "", crc32: "" };
    });
  }
  return { directory, folder, dispose: () => rm(directory, { recursive: true }) };
}

test("every key has a file of its own inside its bucket, also where case is ignored", () => {
  fc.assert(
    fc.property(key, key, (left, right) => {
      const path = keyPath(left);
      expect(normalize(`/bucket/${path}`)).toBe(`/bucket/${path}`);
      if (left !== right) expect(path.toLowerCase()).not.toBe(keyPath(right).toLowerCase());
      // A file is never in the way of a directory.
      expect(keyPath(right).startsWith(`${path}/`)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test.for([
  { what: "a key of 1,025 bytes", long: "k".repeat(1025) },
  { what: "a part too long for a file's name", long: "K".repeat(81) },
])("$what is refused", ({ long }) => {
  expect(() => keyPath(long)).toThrow(expect.objectContaining({ code: "KeyTooLongError" }));
});

test("pages of any size, prefix and delimiter are what a sorted list gives", async () => {
  const property = fc.asyncProperty(
    fc.uniqueArray(key, { maxLength: 12 }),
    fc.oneof(
      fc.constant(""),
      key.map((text) => [...text].slice(0, 2).join("")),
    ),
    fc.constantFrom("", "/", "a"),
    fc.integer({ min: 1, max: 5 }),
    async (keys, prefix, delimiter, limit) => {
      const { folder, dispose } = await bucketOf(keys);
      try {
        const found: string[] = [];
        for (let after: string | undefined = ""; after !== undefined; ) {
          const range: ListRange = { prefix, after };
          const walk: AsyncIterable<KeyFile> = folder.listKeys("bucket", range);
          const page: ListPage = await takePage(walk, { ...range, delimiter, limit });
          const names = [...page.objects.map((object) => object.key), ...page.commonPrefixes];
          expect(names.length).toBeLessThanOrEqual(limit);
          found.push(...names.sort(bytes));
          after = page.continueAfter;
        }
        expect(found).toEqual(expectedNames(keys, prefix, delimiter));
      } finally {
        await dispose();
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

/** The same by the definition: roll up, sort, each once. */
function expectedNames(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const names = keys
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const at = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
      return at < 0 ? name : name.slice(0, at + delimiter.length);
    });
  return [...new Set(names)].sort(bytes);
}

test("a file that is none of ours is passed over", async () => {
  const { directory, folder, dispose } = await bucketOf(["mine"]);
  onTestFinished(dispose);
  await writeFile(join(directory, "buckets", "bucket", ".DS_Store"), "");
  const range = { prefix: "", after: "", delimiter: "", limit: 10 };
  const page = await takePage(folder.listKeys("bucket", range), range);
  expect(page.objects.map((object) => object.key)).toEqual(["mine"]);
});
