import pg from "pg";

const TIMEOUT_MS = 3_000;

/**
 * Whether the server in this socket directory takes sessions. One that is full answers too; one that
 * still starts or recovers does not.
 */
export async function isAnswering(socketDirectory: string): Promise<boolean> {
  const client = new pg.Client({
    host: socketDirectory,
    user: "postgres",
    database: "postgres",
    connectionTimeoutMillis: TIMEOUT_MS,
    application_name: "mkt health",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === "53300";
  } finally {
    await client.end().catch(() => undefined);
  }
}
