import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, type TestContext, test } from "vitest";
import { type Config, loadConfig } from "../src/config.ts";
import { lockHolder } from "../src/local/lock.ts";
import { findPostgres } from "../src/local/postgres-process.ts";
import { ended, identify, signal } from "../src/local/processes.ts";
import * as stack from "../src/local/stack.ts";
import { dataDirectory, lockDirectory } from "../src/local/stack-files.ts";
import type { StoreName } from "../src/local/store-names.ts";
import { stackRunner } from "../src/testing/stack-runner.ts";

const TIMEOUT_MS = 120_000;
const quietly = () => undefined;

let runner: Awaited<ReturnType<typeof stackRunner>>;
beforeAll(async () => {
  runner = await stackRunner();
});
afterAll(() => runner.remove());

async function setup({ onTestFinished }: TestContext, name = "mkt-stack-"): Promise<Config> {
  const home = await mkdtemp(join(tmpdir(), name));
  const config = loadConfig({ MKT_HOME: home });
  onTestFinished(async () => {
    await stack.down(config);
    await rm(home, { recursive: true });
  });
  return config;
}

const ensure = (config: Config, store: StoreName) =>
  stack.ensureStarted(config, store, quietly, { self: runner.self });

async function processes(config: Config) {
  const { supervisor, stores } = await stack.status(config);
  const pid = (name: StoreName) => stores.find(({ store }) => store === name)?.pid ?? 0;
  return { supervisor: supervisor?.pid ?? 0, aurora: pid("aurora"), neptune: pid("neptune") };
}

async function kill(pid: number): Promise<void> {
  const target = identify(pid);
  if (!target) throw new Error(`process ${pid} does not run`);
  signal(target, "SIGKILL");
  if (!(await ended(target, 10_000))) throw new Error(`process ${pid} does not end`);
}

async function query(config: Config, text: string): Promise<unknown[][]> {
  const client = new pg.Client({
    host: config.local.auroraRun,
    user: "postgres",
    database: "postgres",
  });
  await client.connect();
  try {
    return (await client.query({ text, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

/** Numbers of all processes whose environment or arguments name this home. */
function processesOf(config: Config): string[] {
  const all = execFileSync("ps", ["-A", "-o", "pid=,args="], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.includes(config.home) || line.includes(runner.self[1] ?? "-"));
}

test(
  "starts by itself, each store takes requests, and down leaves no process and no socket",
  async (t) => {
    const config = await setup(t);
    await stack.up(config, undefined, { self: runner.self });
    const { supervisor, stores } = await stack.status(config);
    t.expect(stores.map(({ store, state }) => `${store} ${state}`)).toEqual([
      "aurora up",
      "dynamo up",
      "s3 up",
      "neptune up",
      "payments up",
      "shipping up",
    ]);
    const { aurora, neptune } = await processes(config);
    t.expect(new Set([supervisor?.pid, aurora, neptune]).size).toBe(3);
    t.expect(stores.find(({ store }) => store === "aurora")?.dataBytes).toBeGreaterThan(1e6);
    t.expect(await query(config, "select 1")).toEqual([[1]]);
    for (const name of ["dynamo", "s3", "neptune", "payments", "shipping"]) {
      const socket = connect(join(config.local.run, `${name}.sock`));
      await once(socket, "connect");
      socket.destroy();
    }

    await stack.down(config);
    for (const pid of [supervisor?.pid, aurora, neptune])
      t.expect(identify(pid ?? 0)).toBeUndefined();
    t.expect(processesOf(config)).toEqual([]);
    t.expect(existsSync(config.local.run)).toBe(false);
    t.expect((await stack.status(config)).supervisor).toBeNull();
  },
  TIMEOUT_MS,
);

test(
  "two shells that start it at the same instant end with one",
  async (t) => {
    const config = await setup(t);
    await Promise.all([ensure(config, "aurora"), ensure(config, "dynamo"), ensure(config, "s3")]);
    const { supervisor } = await processes(config);
    t.expect(lockHolder(lockDirectory(config))?.pid).toBe(supervisor);
    const workers = processesOf(config).filter((line) => line.endsWith(" worker"));
    // A loser of the race may still be on its way out.
    for (const line of workers) {
      const pid = Number.parseInt(line, 10);
      const loser = pid === supervisor ? undefined : identify(pid);
      if (loser) t.expect(await ended(loser, 30_000)).toBe(true);
    }
    t.expect((await processes(config)).supervisor).toBe(supervisor);
  },
  TIMEOUT_MS,
);

test(
  "finds a shorter way to its sockets when its home's name is long, and clears it",
  async (t) => {
    const config = await setup(t, `mkt-stack-${"long-".repeat(16)}`);
    const { run, auroraRun } = config.local;
    t.expect(run.startsWith(config.home)).toBe(false);
    await stack.up(config, undefined, { self: runner.self });
    t.expect(await query(config, "select 1")).toEqual([[1]]);
    for (const path of [run, auroraRun]) t.expect(statSync(path).mode & 0o777).toBe(0o700);
    await stack.down(config);
    for (const path of [run, auroraRun]) t.expect(existsSync(path)).toBe(false);
  },
  TIMEOUT_MS,
);

test(
  "is fast when it is up",
  async (t) => {
    const config = await setup(t);
    await ensure(config, "aurora");
    const times: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const start = performance.now();
      await ensure(config, "aurora");
      times.push(performance.now() - start);
    }
    t.expect(Math.min(...times)).toBeLessThan(10);
  },
  TIMEOUT_MS,
);

test(
  "after kill -9 of the supervisor the next command starts one that adopts PostgreSQL",
  async (t) => {
    const config = await setup(t);
    await stack.up(config, undefined, { self: runner.self });
    const before = await processes(config);
    await query(config, "create table kept (n int)");
    await query(config, "insert into kept values (42)");
    await kill(before.supervisor);
    t.expect(await query(config, "select n from kept")).toEqual([[42]]);

    await stack.up(config, undefined, { self: runner.self });
    const after = await processes(config);
    t.expect(after.supervisor).not.toBe(before.supervisor);
    t.expect(after.aurora).toBe(before.aurora);
    t.expect(after.neptune).not.toBe(before.neptune);
    t.expect(identify(before.neptune)).toBeUndefined();
    t.expect(await query(config, "select n from kept")).toEqual([[42]]);
  },
  TIMEOUT_MS,
);

test(
  "after kill -9 of PostgreSQL the next command finds what was committed",
  async (t) => {
    const config = await setup(t);
    await ensure(config, "aurora");
    const before = await processes(config);
    await query(config, "create table kept (n int)");
    await query(config, "insert into kept values (42)");
    await kill(before.aurora);
    await ensure(config, "aurora");
    t.expect(await query(config, "select n from kept")).toEqual([[42]]);
    const after = await processes(config);
    t.expect(after.supervisor).toBe(before.supervisor);
    t.expect(after.aurora).not.toBe(before.aurora);
  },
  TIMEOUT_MS,
);

test(
  "notices by itself that PostgreSQL or the graph was killed",
  async (t) => {
    const config = await setup(t);
    await stack.up(config, undefined, { self: runner.self });
    const before = await processes(config);
    await Promise.all([kill(before.aurora), kill(before.neptune)]);
    await t.expect
      .poll(() => processes(config), { timeout: 60_000 })
      .toSatisfy(({ aurora, neptune }: typeof before) => {
        return aurora > 0 && aurora !== before.aurora && neptune > 0 && neptune !== before.neptune;
      });
  },
  TIMEOUT_MS,
);

test(
  "a store taken down stays down, after kill -9 too, until it is taken up",
  async (t) => {
    const config = await setup(t);
    await stack.up(config, undefined, { self: runner.self });
    for (const store of ["aurora", "dynamo", "s3", "neptune", "payments", "shipping"] as const) {
      await stack.downStore(config, store);
    }
    const { supervisor, aurora } = await processes(config);
    t.expect(aurora).toBe(0);
    t.expect(await findPostgres(dataDirectory(config, "aurora"))).toBeUndefined();
    await kill(supervisor);
    await t.expect(ensure(config, "aurora")).rejects.toMatchObject({
      code: "unavailable",
      message: "Aurora is down in the local stack",
      hint: "mkt up aurora starts it",
    });
    for (const store of ["aurora", "dynamo", "s3", "neptune", "payments", "shipping"] as const) {
      await stack.up(config, store, { self: runner.self });
      await ensure(config, store);
    }
  },
  TIMEOUT_MS,
);

test(
  "down stops what a killed supervisor left behind",
  async (t) => {
    const config = await setup(t);
    await stack.up(config, undefined, { self: runner.self });
    const { supervisor, aurora } = await processes(config);
    await kill(supervisor);
    t.expect((await processes(config)).aurora).toBe(aurora);
    await stack.down(config);
    t.expect(identify(aurora)).toBeUndefined();
    t.expect(processesOf(config)).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "reset deletes the data and keeps the configuration",
  async (t) => {
    const config = await setup(t);
    await ensure(config, "aurora");
    await query(config, "create table kept (n int)");
    await stack.reset(config);
    t.expect(processesOf(config)).toEqual([]);
    t.expect(await readdir(config.local.data)).toEqual(["locks"]);
    t.expect(existsSync(join(config.home, "local-secrets.json"))).toBe(true);
    await ensure(config, "aurora");
    t.expect(await query(config, "select to_regclass('kept')")).toEqual([[null]]);
  },
  TIMEOUT_MS,
);

test(
  "ends by itself when its home is deleted, and leaves the stack that takes its place alone",
  async (t) => {
    const config = await setup(t);
    await stack.up(config, undefined, { self: runner.self });
    const before = await processes(config);
    await rm(config.home, { recursive: true });
    await stack.up(config, undefined, { self: runner.self });
    for (const pid of Object.values(before)) {
      await t.expect.poll(() => identify(pid), { timeout: 60_000 }).toBeUndefined();
    }
    t.expect(await query(config, "select 1")).toEqual([[1]]);
    await ensure(config, "neptune");
    const after = await processes(config);
    t.expect(Object.values(after).every((pid) => identify(pid))).toBe(true);
    t.expect(readdirSync(config.local.run).sort()).toEqual(
      ["dynamo", "neptune", "payments", "s3", "shipping", "stack"].map((name) => `${name}.sock`),
    );
  },
  TIMEOUT_MS,
);

test(
  "refuses a run directory that somebody else put there",
  async (t) => {
    const config = await setup(t);
    mkdirSync(config.local.data, { recursive: true });
    symlinkSync(tmpdir(), config.local.run);
    await t.expect(ensure(config, "aurora")).rejects.toMatchObject({ code: "not_allowed" });
    await rm(config.local.run);
  },
  TIMEOUT_MS,
);

test(
  "says why it does not start",
  async (t) => {
    const config = await setup(t);
    const self = [process.execPath, "-e", "throw new Error(`no engine today`)"] as const;
    await t.expect(stack.up(config, undefined, { self })).rejects.toMatchObject({
      code: "unavailable",
      message: t.expect.stringContaining("no engine today"),
    });
  },
  TIMEOUT_MS,
);

test(
  "other profiles are left alone",
  async (t) => {
    const config = await setup(t);
    const aws = { ...config, profile: { ...config.profile, name: "aws" } };
    await ensure(aws, "aurora");
    t.expect(existsSync(config.local.data)).toBe(false);
  },
  TIMEOUT_MS,
);
