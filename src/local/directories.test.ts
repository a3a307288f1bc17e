import { closeSync, existsSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "vitest";
import { openLog, privateDirectory } from "./directories.ts";

async function setup({ onTestFinished }: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "mkt-dir-"));
  onTestFinished(() => rm(home, { recursive: true }));
  return home;
}

const mode = (path: string) => statSync(path).mode & 0o777;

test("makes a directory that only its owner may enter, and closes one that is open", async (t) => {
  const path = join(await setup(t), "run");
  privateDirectory(path);
  t.expect(mode(path)).toBe(0o700);
  await chmod(path, 0o755);
  privateDirectory(path);
  t.expect(mode(path)).toBe(0o700);
});

test("refuses a link, even to a directory of ours", async (t) => {
  const home = await setup(t);
  await mkdir(join(home, "elsewhere"));
  await symlink(join(home, "elsewhere"), join(home, "run"));
  t.expect(() => privateDirectory(join(home, "run"))).toThrow(/belongs to somebody else/);
});

test("sets a log aside when it has grown long", async (t) => {
  const path = join(await setup(t), "worker.log");
  writeFileSync(path, "x".repeat(9 * 1024 * 1024));
  const log = openLog(path);
  writeSync(log, "anew\n");
  closeSync(log);
  t.expect(readFileSync(path, "utf8")).toBe("anew\n");
  t.expect(existsSync(`${path}.1`)).toBe(true);
  t.expect(mode(path)).toBe(0o600);
});
