import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { lineAppender } from "./line-appender.ts";

test("lines reach the disk in order, whoever waits for them", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "mkt-append-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, "lines");
  const file = lineAppender(await open(path, "a"));
  const numbers = Array.from({ length: 500 }, (_, index) => String(index));
  const lengths: number[] = [];
  await Promise.all(
    numbers.map(async (number, index) => {
      file.append(number);
      await file.flush();
      const onDisk = (await readFile(path, "utf8")).split("\n").length - 1;
      if (onDisk <= index) lengths.push(onDisk);
    }),
  );
  t.expect(lengths).toEqual([]);
  await file.close();
  t.expect(await readFile(path, "utf8")).toBe(`${numbers.join("\n")}\n`);
});

// Every write to /dev/full fails as on a full disk.
test.skipIf(process.platform !== "linux")(
  "after a failed write nothing counts as written",
  async (t) => {
    const file = lineAppender(await open("/dev/full", "a"));
    await file.flush();
    file.append("one");
    await t.expect(file.flush()).rejects.toMatchObject({ code: "ENOSPC" });
    file.append("two");
    await t.expect(file.flush()).rejects.toMatchObject({ code: "ENOSPC" });
    await t.expect(file.close()).rejects.toMatchObject({ code: "ENOSPC" });
  },
);
