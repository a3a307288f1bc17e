import { CamelCasePlugin, Kysely, type LogEvent, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import type { Profile } from "../../config.ts";
import type { WriteObserver } from "../../domain/store-write.ts";
import { auroraError } from "./errors.ts";
import type { Database } from "./schema.ts";

export type Aurora = Kysely<Database>;
export type AuroraTransaction = Transaction<Database>;

const INT8 = 20;
const TIMESTAMPTZ = 1184;
const STATEMENT_TIMEOUT_MS = 30_000;
/** The server ends a slow statement itself; longer silence means that it, or the way to it, hangs. */
const ANSWER_TIMEOUT_MS = 35_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Money and counts stay below 2^53, which table checks and input limits keep true; times are ISO text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === INT8) return Number;
    if (oid === TIMESTAMPTZ) return (text: string) => new Date(text).toISOString();
    return pg.types.getTypeParser(oid, format);
  },
};

/** Connection settings of a role in one database of the profile's Aurora. */
export function connection(
  aurora: Profile["aurora"],
  role: string,
  database = aurora.database,
): pg.PoolConfig {
  return {
    host: aurora.host,
    port: aurora.port,
    database,
    user: role,
    password: aurora.password,
    ssl: aurora.tls ? { rejectUnauthorized: true } : false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    application_name: "mkt",
    types,
  };
}

/** A pool that stays quiet when the server leaves, with connections idle or in hand: the next query reports it. */
export function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on("error", () => undefined);
  // The pool itself listens to idle connections only, and an event that nobody hears ends the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Opens Aurora as the role that operations run as. One command needs few connections. */
export function openAurora(profile: Profile, maxConnections = 4, observe?: WriteObserver): Aurora {
  const pool = openPool({ ...connection(profile.aurora, "mkt_app"), max: maxConnections });
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    ...(observe && { log: (event) => observeQuery(event, observe) }),
  });
}

const WRITES = /^(?:insert into|update|delete from) "(\w+)"/;

function observeQuery({ level, query }: LogEvent, observe: WriteObserver): void {
  const table = level === "query" ? WRITES.exec(query.sql)?.[1] : undefined;
  if (table) observe({ store: "Aurora", what: table, count: 1 });
}

/**
 * Opens a connection of its own, for what may take longer than a statement of an operation is allowed to. It stays
 * quiet when the server leaves: the next query reports it. `options` are the session's settings. Throws driver errors.
 */
export async function connectAlone(
  { aurora }: Profile,
  { role = "mkt_app", options }: { role?: string; options?: string } = {},
): Promise<pg.Client> {
  const client = new pg.Client({
    ...connection(aurora, role),
    ...(options !== undefined && { options }),
    statement_timeout: 0,
    query_timeout: 0,
  });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Does something on such a connection; its locks, and a transaction that is open, end with it. */
export async function aloneWith<T>(
  opening: Promise<pg.Client>,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await opening;
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const RETRIES = 5;

/**
 * Runs one transaction; serialization failures, deadlocks and a full server are tried again. The
 * work must therefore have no effect outside the transaction. Driver errors leave as MktErrors.
 */
export async function transact<T>(
  db: Aurora,
  work: (tx: AuroraTransaction) => Promise<T>,
): Promise<T> {
  // A rehearsal is one transaction as a whole.
  if (db.isTransaction) return work(db as AuroraTransaction);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt >= RETRIES || !isRetryable(error)) throw auroraError(error);
      await new Promise((resolve) =>
        setTimeout(resolve, 10 * 2 ** attempt * (0.5 + Math.random())),
      );
    }
  }
}

class TakenBack extends Error {}

/**
 * Runs one transaction and takes back all that it did: what it gives, or throws, is what it would have come to.
 * Nobody sees any of it; whoever wants the same rows waits as for any other transaction.
 */
export async function rehearse<T>(
  db: Aurora,
  work: (tx: AuroraTransaction) => Promise<T>,
): Promise<T> {
  let given: { value: T } | undefined;
  try {
    await transact(db, async (tx) => {
      given = { value: await work(tx) };
      throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
  if (given) return given.value;
  throw new Error("the rehearsal gave nothing");
}

/** Runs a read; driver errors leave as MktErrors. */
export async function query<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw auroraError(error);
  }
}

function isRetryable(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "40P01" || code === "40001" || code === "53300";
}
