import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type TestContext, test } from "vitest";
import { type PostgresOptions, startPostgres } from "./postgres.ts";
import { findPostgres, stopPostgres } from "./postgres-process.ts";
import { ended, identify, isRunning, signal } from "./processes.ts";

async function setup({ onTestFinished }: TestContext): Promise<PostgresOptions> {
  const home = await mkdtemp(join(tmpdir(), "mkt-pg-"));
  const dataDirectory = join(home, "data", "aurora");
  onTestFinished(async () => {
    await stopPostgres(dataDirectory);
    await rm(home, { recursive: true });
  });
  const socketDirectory = join(home, "run");
  return { home, dataDirectory, socketDirectory, logFile: join(home, "aurora.log") };
}

async function query(options: PostgresOptions, text: string): Promise<unknown[][]> {
  const client = new pg.Client({
    host: options.socketDirectory,
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

test("starts a server on a Unix socket only, and leaves no process", async (t) => {
  const options = await setup(t);
  const server = await startPostgres(options);
  t.expect(await query(options, "show listen_addresses")).toEqual([[""]]);
  t.expect(await query(options, "select lower('ÁRBOL')")).toEqual([["árbol"]]);
  t.expect(await query(options, "show fsync")).toEqual([["on"]]);
  await server.close();
  t.expect(identify(server.process.pid)).toBeUndefined();
  t.expect(await findPostgres(options.dataDirectory)).toBeUndefined();
});

test("adopts the server that already runs", async (t) => {
  const options = await setup(t);
  const first = await startPostgres(options);
  const second = await startPostgres(options);
  t.expect(second.process).toEqual(first.process);
});

test("moves a server that listens in another directory", async (t) => {
  const options = await setup(t);
  const first = await startPostgres(options);
  const moved = { ...options, socketDirectory: join(options.home, "other") };
  const second = await startPostgres(moved);
  t.expect(second.process).not.toEqual(first.process);
  t.expect(await query(moved, "select 1")).toEqual([[1]]);
});

test("starts again after kill -9 without losing what was committed", async (t) => {
  const options = await setup(t);
  const { process: killed } = await startPostgres(options);
  await query(options, "create table kept (n int)");
  await query(options, "insert into kept values (42)");
  signal(killed, "SIGKILL");
  t.expect(await ended(killed, 10_000)).toBe(true);
  await startPostgres(options);
  t.expect(await query(options, "select n from kept")).toEqual([[42]]);
});

test("is not misled by a postmaster.pid whose number another program has now", async (t) => {
  const options = await setup(t);
  await (await startPostgres(options)).close();
  await writeFile(join(options.dataDirectory, "postmaster.pid"), `${process.pid}\n`);
  await startPostgres(options);
  t.expect(await query(options, "select 1")).toEqual([[1]]);
});

test("says why a server does not start", async (t) => {
  const options = await setup(t);
  await (await startPostgres(options)).close();
  await writeFile(join(options.dataDirectory, "postgresql.conf"), "no_such_setting = 1\n");
  await t.expect(startPostgres(options)).rejects.toMatchObject({
    code: "unavailable",
    message: t.expect.stringContaining("no_such_setting"),
  });
});

test("ends the sessions that a killed server left at work", async (t) => {
  const options = await setup(t);
  const { process: killed } = await startPostgres(options);
  const busy = new pg.Client({
    host: options.socketDirectory,
    user: "postgres",
    database: "postgres",
  });
  busy.on("error", () => undefined);
  await busy.connect();
  const { rows } = await busy.query("select pg_backend_pid() as pid");
  const session = identify(rows[0].pid);
  const never = busy.query("select count(*) from generate_series(1, 1e12)").catch((error) => error);
  await t.expect
    .poll(() => query(options, "select count(*)::int from pg_stat_activity where state = 'active'"))
    .toEqual([[2]]);
  signal(killed, "SIGKILL");
  t.expect(await ended(killed, 10_000)).toBe(true);
  await startPostgres(options);
  t.expect(await query(options, "select 1")).toEqual([[1]]);
  t.expect(session && isRunning(session)).toBe(false);
  t.expect(await never).toBeInstanceOf(Error);
});

test.runIf(process.getuid?.() === 0)(
  "as root, refuses a home that PostgreSQL's user cannot reach",
  async (t) => {
    const options = await setup(t);
    const home = join(options.home, "closed", "home");
    await mkdir(home, { recursive: true, mode: 0o700 });
    const dataDirectory = join(home, "aurora");
    await t
      .expect(startPostgres({ ...options, home, dataDirectory }))
      .rejects.toMatchObject({ code: "invalid", message: t.expect.stringContaining(options.home) });
    t.expect((await stat(options.home)).mode & 0o777).toBe(0o700);
  },
);
