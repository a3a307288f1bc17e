import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "vitest";
import { type Config, loadConfig } from "../config.ts";
import { followLogs, readLogs, readTail } from "./logs.ts";

async function setup({ onTestFinished }: TestContext): Promise<Config> {
  const home = await mkdtemp(join(tmpdir(), "mkt-logs-"));
  onTestFinished(() => rm(home, { recursive: true }));
  const config = loadConfig({ MKT_HOME: home });
  await mkdir(config.local.logs, { recursive: true });
  return config;
}

test("reads the last lines of each log, or of the one a store writes to", async (t) => {
  const config = await setup(t);
  t.expect(await readLogs(config, { lines: 5 })).toEqual([]);
  await writeFile(join(config.local.logs, "worker.log"), "one\ntwo\nthree\n");
  await writeFile(join(config.local.logs, "aurora.log"), "ready\n");
  t.expect(await readLogs(config, { lines: 2 })).toEqual([
    { source: "worker", text: "two" },
    { source: "worker", text: "three" },
    { source: "aurora", text: "ready" },
  ]);
  const [dynamo, aurora] = await Promise.all([
    readLogs(config, { store: "dynamo", lines: 1 }),
    readLogs(config, { store: "aurora", lines: 1 }),
  ]);
  t.expect(dynamo).toEqual([{ source: "worker", text: "three" }]);
  t.expect(aurora).toEqual([{ source: "aurora", text: "ready" }]);
});

test("reads no more than the end of a huge log", async (t) => {
  const config = await setup(t);
  const path = join(config.local.logs, "worker.log");
  await writeFile(path, `${"x".repeat(3 * 1024 * 1024)}\nlast\n`);
  const lines = await readTail(path, 10);
  t.expect(lines).toHaveLength(2);
  t.expect(lines[0]?.length).toBeLessThan(1024 * 1024);
  t.expect(lines[1]).toBe("last");
});

test("follows whole lines, also into the log that takes the place of a full one", async (t) => {
  const config = await setup(t);
  const path = join(config.local.logs, "worker.log");
  await writeFile(path, "before\n");
  const over = new AbortController();
  const lines = followLogs(config, { store: "s3", signal: over.signal });
  const next = async () => (await lines.next()).value?.text;

  // The log is measured when the first line is asked for: nothing tells when that is done.
  let first: string | undefined;
  const asked = next().then((text) => {
    first = text;
  });
  await t.expect
    .poll(async () => {
      await appendFile(path, "tick\n");
      return first;
    })
    .toBe("tick");
  await asked;
  await appendFile(path, "half ");
  await appendFile(path, "ñ\n");
  let line = await next();
  while (line === "tick") line = await next();
  t.expect(line).toBe("half ñ");

  await rename(path, `${path}.1`);
  await writeFile(path, "anew\n");
  t.expect(await next()).toBe("anew");
  over.abort();
  t.expect(await lines.next()).toEqual({ done: true, value: undefined });
});
