import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, type Migration, Migrator, PostgresDialect, sql } from "kysely";
import { DatabaseError } from "pg";
import { type Profile, packageDirectory } from "../../config.ts";
import { connection, openPool } from "./client.ts";
import { auroraError } from "./errors.ts";

/** One migration file, and when it was applied (null: not yet). */
export interface MigrationState {
  name: string;
  appliedAt: string | null;
}

const ROLES = ["mkt_app", "mkt_operator", "mkt_support", "mkt_analyst", "mkt_migrator"];
const NO_DATABASE = "3D000";
const BOOTSTRAP_LOCK = 726_115_001;

/** Makes the roles, the database and its schema where they are missing. Safe to repeat, and to run twice at once. */
export async function migrateUp(profile: Profile): Promise<MigrationState[]> {
  try {
    await bootstrap(profile);
    return await withMigrator(profile, async (migrator) => {
      const { error } = await migrator.migrateToLatest();
      if (error) throw error;
      return states(migrator);
    });
  } catch (error) {
    throw auroraError(error);
  }
}

/** Which migrations are applied; changes nothing. */
export async function migrationStatus(profile: Profile): Promise<MigrationState[]> {
  try {
    return await withMigrator(profile, states);
  } catch (error) {
    if (error instanceof DatabaseError && error.code === NO_DATABASE) {
      const names = Object.keys(await readMigrations());
      return names.map((name) => ({ name, appliedAt: null }));
    }
    throw auroraError(error);
  }
}

async function states(migrator: Migrator): Promise<MigrationState[]> {
  const all = await migrator.getMigrations();
  return all.map(({ name, executedAt }) => ({
    name,
    appliedAt: executedAt?.toISOString() ?? null,
  }));
}

async function bootstrap({ aurora }: Profile): Promise<void> {
  const pool = openPool({ ...connection(aurora, aurora.adminRole, "postgres"), max: 1 });
  const client = await pool.connect().catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  try {
    await client.query("select pg_advisory_lock($1)", [BOOTSTRAP_LOCK]);
    for (const role of ROLES) {
      const { rowCount } = await client.query("select 1 from pg_roles where rolname = $1", [role]);
      if (!rowCount) await client.query(`create role ${role} login`);
    }
    await client.query("grant mkt_migrator to current_user");
    const name = client.escapeIdentifier(aurora.database);
    const found = await client.query("select 1 from pg_database where datname = $1", [
      aurora.database,
    ]);
    if (!found.rowCount) await client.query(`create database ${name} owner mkt_migrator`);
  } finally {
    client.release(true);
    await pool.end();
  }
}

async function withMigrator<T>(
  profile: Profile,
  work: (migrator: Migrator) => Promise<T>,
): Promise<T> {
  const { aurora } = profile;
  const pool = openPool({
    ...connection(aurora, aurora.adminRole),
    max: 1,
    options: "-c role=mkt_migrator",
  });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await work(new Migrator({ db, provider: { getMigrations: readMigrations } }));
  } finally {
    await db.destroy();
  }
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const directory = join(packageDirectory(), "migrations");
  const files = (await readdir(directory)).filter((name) => name.endsWith(".sql")).sort();
  const migrations = files.map(async (name) => {
    const text = await readFile(join(directory, name), "utf8");
    const up = async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db));
    return [name.replace(/\.sql$/, ""), { up }] as const;
  });
  return Object.fromEntries(await Promise.all(migrations));
}
