import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { MktError } from "../errors.ts";
import { writeToFile } from "./data-file.ts";

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "mkt-test-"));
  t.onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

async function* chunks(...texts: (string | Error)[]): AsyncGenerator<string> {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield text;
  }
}

test("the file is there when all is in it", async (t) => {
  const folder = await directory(t);
  const path = join(folder, "orders.csv");
  await writeToFile(chunks("a\n", "b\n"), path);
  expect(await readFile(path, "utf8")).toBe("a\nb\n");
  expect(await readdir(folder)).toEqual(["orders.csv"]);
});

test("what ends early leaves the file that was there, and says that it was not written", async (t) => {
  const folder = await directory(t);
  const path = join(folder, "orders.csv");
  await writeFile(path, "before");
  const lost = new MktError("unavailable", "Aurora cannot be reached", { hint: "mkt status" });
  await expect(writeToFile(chunks("a\n", lost), path)).rejects.toMatchObject({
    code: "unavailable",
    message: `Aurora cannot be reached; ${path} was not written`,
    hint: "mkt status",
  });
  expect(await readFile(path, "utf8")).toBe("before");
  expect(await readdir(folder)).toEqual(["orders.csv"]);
});

test.skipIf(!existsSync("/dev/full"))("a full disk is said, and leaves nothing", async (t) => {
  const folder = await directory(t);
  const path = join(folder, "orders.csv");
  await symlink("/dev/full", `${path}.part`);
  await expect(writeToFile(chunks("a\n"), path)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("no space left"),
  });
  expect(await readdir(folder)).toEqual([]);
});

test("a directory, or a folder that is not there, is refused", async (t) => {
  const folder = await directory(t);
  await mkdir(join(folder, "orders"));
  for (const name of ["orders", "missing/orders.csv"]) {
    await expect(writeToFile(chunks("a"), join(folder, name))).rejects.toMatchObject({
      code: "invalid",
    });
  }
});

test("a pipe is written to and stays a pipe", async (t) => {
  const path = join(await directory(t), "pipe");
  execFileSync("mkfifo", [path]);
  const [read] = await Promise.all([readFile(path, "utf8"), writeToFile(chunks("a", "b"), path)]);
  expect(read).toBe("ab");
  expect(await readdir(join(path, ".."))).toEqual(["pipe"]);
});
