import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { type TestContext, test } from "vitest";
import { lockHolder, takeLock } from "./lock.ts";
import { identify } from "./processes.ts";

async function setup({ onTestFinished }: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "mkt-lock-"));
  onTestFinished(() => rm(home, { recursive: true }));
  return join(home, "locks");
}

test("is held until released", async (t) => {
  const directory = await setup(t);
  const lock = takeLock(directory);
  t.expect(lock?.isHeld()).toBe(true);
  t.expect(takeLock(directory)).toBeUndefined();
  t.expect(lockHolder(directory)).toEqual(identify(process.pid));
  lock?.release();
  t.expect(lockHolder(directory)).toBeUndefined();
  t.expect(takeLock(directory)).toBeDefined();
});

test("notices that its directory was removed", async (t) => {
  const directory = await setup(t);
  const lock = takeLock(directory);
  rmSync(directory, { recursive: true });
  t.expect(lock?.isHeld()).toBe(false);
  mkdirSync(directory);
  const other = { pid: 1, startedAt: "later" };
  writeFileSync(join(directory, "1"), JSON.stringify(other));
  t.expect(lock?.isHeld()).toBe(false);
});

test("is free when its holder's number belongs to a later process", async (t) => {
  const directory = await setup(t);
  mkdirSync(directory);
  const other = { pid: process.pid, startedAt: "before" };
  writeFileSync(join(directory, "7"), JSON.stringify(other));
  t.expect(takeLock(directory)).toBeDefined();
});

test("goes to exactly one of the processes that find a dead holder", async (t) => {
  const directory = await setup(t);
  mkdirSync(directory);
  const program = join(directory, "..", "contender.mjs");
  buildSync({
    stdin: {
      contents: `import { takeLock } from "./lock.ts";
        setInterval(() => undefined, 1_000);
        process.once("message", () => process.send(takeLock(${JSON.stringify(directory)}) !== undefined));
        process.send("ready");`,
      resolveDir: import.meta.dirname,
      loader: "ts",
    },
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  const dead = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"]);
  const holder = identify(dead.pid ?? 0);
  dead.kill("SIGKILL");
  await once(dead, "exit");
  writeFileSync(join(directory, "1"), JSON.stringify(holder));

  const contenders = Array.from({ length: 6 }, () => fork(program));
  t.onTestFinished(async () => {
    const exits = contenders.map((contender) => once(contender, "exit"));
    for (const contender of contenders) contender.kill("SIGKILL");
    await Promise.all(exits);
  });
  await Promise.all(contenders.map((contender) => once(contender, "message")));
  const answers = contenders.map(async (contender) => (await once(contender, "message"))[0]);
  for (const contender of contenders) contender.send("go");
  t.expect((await Promise.all(answers)).filter(Boolean)).toHaveLength(1);
}, 60_000);
