import { randomBytes } from "node:crypto";
import { existsSync, statfsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startPostgres } from "../local/postgres.ts";
import type { Running } from "../local/running.ts";

/** Where the PostgreSQL of this test run answers. */
export interface TestServer {
  host: string;
  port: number;
  adminRole: string;
  password: string | undefined;
  /** All databases of this run begin so. */
  prefix: string;
}

declare module "vitest" {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

const MEMORY = "/dev/shm";
const ROOM_BYTES = 4 * 1024 ** 3;

let home: string | undefined;
let embedded: Running | undefined;
let server: TestServer | undefined;

/** Before any test: one PostgreSQL, the embedded one unless MKT_TEST_AURORA_URL names another. */
export async function setup(project: TestProject): Promise<void> {
  const url = process.env.MKT_TEST_AURORA_URL;
  const prefix = `mkt_test_${randomBytes(4).toString("hex")}`;
  server = { ...(url ? parseServer(url) : await startEmbedded()), prefix };
  project.provide("testServer", server);
}

/** After all tests: nothing of the run is left, neither process nor file nor database. */
export async function teardown(): Promise<void> {
  if (embedded) await embedded.close();
  else if (server) await dropDatabases(server);
  if (home) await rm(home, { recursive: true });
}

async function startEmbedded(): Promise<Omit<TestServer, "prefix">> {
  home = await mkdtemp(join(fastDirectory(), "mkt-test-"));
  const socketDirectory = join(home, "run");
  embedded = await startPostgres({
    home,
    dataDirectory: join(home, "aurora"),
    socketDirectory,
    logFile: join(home, "aurora.log"),
    durable: false,
  });
  return { host: socketDirectory, port: 5432, adminRole: "postgres", password: undefined };
}

/** Cloning a database makes some hundred files: in memory, where there is room, that takes a tenth. */
function fastDirectory(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > ROOM_BYTES ? MEMORY : tmpdir();
}

/** `postgres://ROLE:PASSWORD@HOST:PORT/`, or `postgres://ROLE@localhost/?host=SOCKET_DIRECTORY`. */
function parseServer(text: string): Omit<TestServer, "prefix"> {
  const url = new URL(text);
  return {
    host: url.searchParams.get("host") ?? url.hostname,
    port: Number(url.port || 5432),
    adminRole: decodeURIComponent(url.username) || "postgres",
    password: decodeURIComponent(url.password) || undefined,
  };
}

async function dropDatabases({ host, port, adminRole, password, prefix }: TestServer) {
  const client = new pg.Client({ host, port, user: adminRole, password, database: "postgres" });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>(
      "select datname from pg_database where starts_with(datname, $1)",
      [prefix],
    );
    for (const { datname } of rows) {
      const name = client.escapeIdentifier(datname);
      await client.query(`alter database ${name} is_template false`);
      await client.query(`drop database ${name} with (force)`);
    }
  } finally {
    await client.end();
  }
}
