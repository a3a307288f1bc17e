import pg from "pg";
import QueryStream from "pg-query-stream";
import type { Profile } from "../../config.ts";
import type { StaffRole } from "../../domain/actor.ts";
import type { DataCell, DataColumn, DataKind, DataRows } from "../../domain/data-rows.ts";
import { MktError } from "../../errors.ts";
import { connection } from "./client.ts";
import { auroraError } from "./errors.ts";

export interface ReadRequest {
  /** Whose grants and which schema it has: analysts read views without personal data. */
  role: StaffRole;
  text: string;
  values?: readonly (string | null)[];
  /**
   * Its rows are few and much is read for them: they come at once, since PostgreSQL lets several processes work only on
   * what is not fetched in batches.
   */
  isHeavy?: boolean;
  /** How long the server may work before it gives rows, and between two batches of them; 0: as long as it takes. */
  timeoutMs: number;
  /** What helps when that was too short. */
  slowHint?: string;
  signal: AbortSignal;
}

export type ReadOnlyStore = ReturnType<typeof readOnlyStore>;

/** Few enough that most of them are forgotten before they count as old: memory stays small. */
const BATCH_ROWS = 250;

/** Statements that people wrote; `server` is what errors call it. */
export const readOnlyStore = (profile: Profile, server?: string) => ({
  /**
   * Runs one statement and gives its rows to `use`, after which nothing of it is left: it has a connection and
   * a transaction of its own that can only read, and is rolled back. What is wrong with it is `invalid`.
   */
  read: <T>(request: ReadRequest, use: (rows: DataRows) => Promise<T>): Promise<T> =>
    readRows(profile, request, use, (error) => statementError(error, request, server)),
});

/**
 * Reads as a database role that may not write, in a transaction that may not write, by the protocol that takes
 * one statement at a time. All rows are of one moment; memory holds a batch.
 */
export async function readRows<T>(
  profile: Profile,
  request: ReadRequest,
  use: (rows: DataRows) => Promise<T>,
  explained: (error: unknown) => unknown,
): Promise<T> {
  const { text, values = [], signal } = request;
  const client = new pg.Client(settings(profile, request));
  // The query that is under way reports it when the connection is lost.
  client.on("error", () => undefined);
  const failing = async <R>(work: Promise<R>): Promise<R> => {
    try {
      return await work;
    } catch (error) {
      throw signal.aborted ? interrupted() : explained(error);
    }
  };
  let cancel = (): void => undefined;
  try {
    await failing(client.connect());
    await failing(client.query("begin isolation level repeatable read, read only"));
    // The transaction's snapshot is taken here: from now on it cannot be made one that writes.
    const { rows } = await failing(client.query("select pg_backend_pid() as pid"));
    const pid: unknown = rows[0]?.pid;
    // Where the server cannot be told any more, the connection is given up.
    cancel = () => void cancelStatement(profile, request, pid).finally(() => client.end());
    signal.addEventListener("abort", cancel);
    if (signal.aborted) throw interrupted();
    if (request.isHeavy) {
      const query = { text, values: [...values], ...AS_ROWS, queryMode: "extended" };
      const { rows: cells, fields } = await failing(client.query<DataCell[]>(query));
      return await use({ columns: columnsOf(fields), batches: only(cells) });
    }
    const opened = client.query(openStream(text, values));
    // The stream itself waits for ever when its connection is lost; what it reads from does not.
    const read = (): Promise<DataCell[][]> => failing(opened.cursor.read(BATCH_ROWS));
    const first = await read();
    return await use({
      columns: columnsOf(opened._result.fields),
      batches: batchesOf(first, read, signal),
    });
  } finally {
    signal.removeEventListener("abort", cancel);
    await client.end().catch(() => undefined);
  }
}

function settings({ aurora }: Profile, { role, timeoutMs }: ReadRequest): pg.ClientConfig {
  const schema = role === "analyst" ? "analytics" : "public";
  const session = {
    default_transaction_read_only: "on",
    search_path: schema,
    statement_timeout: String(timeoutMs),
    timezone: "UTC",
    datestyle: "ISO",
  };
  const options = Object.entries(session).map(([name, value]) => `-c ${name}=${value}`);
  return {
    ...connection(aurora, `mkt_${role}`),
    statement_timeout: false,
    query_timeout: 0,
    keepAlive: true,
    application_name: "mkt read-only",
    options: options.join(" "),
  };
}

function openStream(text: string, values: readonly (string | null)[]): QueryStream {
  const stream = new QueryStream(text, [...values], AS_ROWS);
  // A COPY has no rows here. The driver would end the process for want of these.
  return Object.assign(stream, {
    handleCopyData: () => undefined,
    handleCopyInResponse: (server: { sendCopyFail: (why: string) => void }) =>
      server.sendCopyFail("mkt sql only reads"),
  });
}

async function* only<T>(batch: T): AsyncGenerator<T> {
  yield batch;
}

/** The next batch is on its way while one is used. */
async function* batchesOf(
  first: DataCell[][],
  read: () => Promise<DataCell[][]>,
  signal: AbortSignal,
): AsyncGenerator<DataCell[][]> {
  for (let batch = first; batch.length > 0; ) {
    const next = batch.length < BATCH_ROWS ? Promise.resolve([]) : read();
    // Nobody may come for it.
    next.catch(() => undefined);
    yield batch;
    if (signal.aborted) throw interrupted();
    batch = await next;
  }
}

const interrupted = () => new MktError("interrupted", "interrupted before all rows were read");

/** By a connection of its own, since the statement's is busy. Best effort: the connection is closed next. */
async function cancelStatement(
  profile: Profile,
  request: ReadRequest,
  pid: unknown,
): Promise<void> {
  const client = new pg.Client(settings(profile, request));
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select pg_cancel_backend($1)", [pid]);
  } catch {
    // It has ended, or the server has.
  } finally {
    await client.end().catch(() => undefined);
  }
}

const KINDS: Readonly<Record<number, DataKind>> = {
  16: "boolean",
  20: "integer",
  21: "integer",
  23: "integer",
  26: "integer",
  700: "number",
  701: "number",
  1700: "number",
  1184: "time",
  114: "json",
  3802: "json",
};
const TIMESTAMP = 1114;
/** Arrays of booleans, names, numbers, texts, times with a zone and ids, which become JSON. */
const ARRAYS = new Set([
  1000, 1003, 1005, 1007, 1016, 1021, 1022, 1231, 1009, 1014, 1015, 1185, 2951,
]);

function columnsOf(fields: readonly { name: string; dataTypeID: number }[]): DataColumn[] {
  const taken = new Set<string>();
  return fields.map(({ name, dataTypeID }) => {
    const kind = ARRAYS.has(dataTypeID) ? "json" : (KINDS[dataTypeID] ?? "text");
    return { name: freeName(name, taken), kind };
  });
}

/** Two columns of one name would be one field in JSON. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${name}_${count}`;
  taken.add(free);
  return free;
}

/** How the driver gives rows: as lists of texts. */
const AS_ROWS = { rowMode: "array" as const, types: { getTypeParser: parserOf } };

function parserOf(oid: number): (text: string) => string {
  const kind = KINDS[oid];
  if (kind === "boolean") return (text) => (text === "t" ? "true" : "false");
  if (kind === "time") return isoTime;
  if (oid === TIMESTAMP) return (text) => text.replace(" ", "T");
  if (!ARRAYS.has(oid)) return (text) => text;
  const parse = pg.types.getTypeParser(oid, "text");
  return (text) => JSON.stringify(parse(text));
}

/** `2026-11-24 10:00:00.5+00` to ISO-8601 with milliseconds; `infinity` and years of other lengths stay. */
function isoTime(text: string): string {
  const isUsual = text.charAt(10) === " " && text.endsWith("+00");
  if (!isUsual) return text;
  const clock = text.slice(11, -3);
  const fraction = clock.length > 8 ? clock.slice(8, 12).padEnd(4, "0") : ".000";
  return `${text.slice(0, 10)}T${clock.slice(0, 8)}${fraction}Z`;
}

/** PostgreSQL: lost or refused connections, too little of something, no such database. */
const OF_THE_SERVER = /^(08|28|3D|53|57P)/;
const CANCELLED = "57014";
const FORBIDDEN = "42501";
/** Where PostgreSQL itself has none: no such table, or not for this role. */
const HINTS: Readonly<Record<string, string>> = {
  "42601": '"order" and "user" are names of tables only in double quotes',
  "42P01": "mkt sql -c '\\d' lists the tables",
  [FORBIDDEN]: "mkt sql -c '\\d TABLE' lists the columns that you may read",
};

/** What is wrong with somebody's statement, in PostgreSQL's words and with the place. */
function statementError(
  error: unknown,
  { text, timeoutMs, slowHint = "give it longer, as with --timeout 10m" }: ReadRequest,
  server?: string,
): unknown {
  if (!(error instanceof pg.DatabaseError) || OF_THE_SERVER.test(error.code ?? ""))
    return auroraError(error, server);
  if (error.code === CANCELLED) {
    return new MktError("unavailable", `the statement took longer than ${timeoutMs / 1_000} s`, {
      hint: slowHint,
      cause: error,
    });
  }
  const hint = error.hint ?? error.detail ?? HINTS[error.code ?? ""];
  const code = error.code === FORBIDDEN ? "not_allowed" : "invalid";
  const message = `${error.message}${placeOf(error.position, text)}`;
  return new MktError(code, message, { ...(hint !== undefined && { hint }), cause: error });
}

function placeOf(position: string | undefined, text: string): string {
  if (position === undefined) return "";
  // PostgreSQL counts characters, not UTF-16 units.
  const lines = [...text]
    .slice(0, Number(position) - 1)
    .join("")
    .split("\n");
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}
