import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import type { Profile } from "../config.ts";
import { type Aurora, openAurora } from "../stores/aurora/client.ts";
import { migrateUp } from "../stores/aurora/migrate.ts";

/** A database of a test's own, with the whole schema and no rows. */
export interface TestDatabase extends AsyncDisposable {
  /** Connected as the role that operations run as. */
  db: Aurora;
  /** Reaches this database and no other store. */
  profile: Profile;
}

const TEMPLATE_LOCK = 726_115_002;
const MAX_CONNECTIONS = 10;

/** Clones the run's migrated template, which the first caller makes; disposing drops the clone. */
export async function testDatabase(): Promise<TestDatabase> {
  const { prefix } = inject("testServer");
  const name = `${prefix}_${randomBytes(6).toString("hex")}`;
  await asAdministrator(async (admin) => {
    // PostgreSQL refuses to copy a template that somebody is connected to: one at a time.
    await admin.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const template = await ensureTemplate(admin);
    await admin.query(`create database ${name} template ${template} owner mkt_migrator`);
  });
  const profile = testProfile(name);
  const db = openAurora(profile, MAX_CONNECTIONS);
  const dispose = async () => {
    await db.destroy();
    await asAdministrator((admin) => admin.query(`drop database ${name} with (force)`));
  };
  return { db, profile, [Symbol.asyncDispose]: dispose };
}

async function ensureTemplate(admin: pg.Client): Promise<string> {
  const { prefix } = inject("testServer");
  const template = `${prefix}_template`;
  const ready = await admin.query(
    "select 1 from pg_database where datname = $1 and datistemplate",
    [template],
  );
  if (!ready.rowCount) {
    await migrateUp(testProfile(template));
    // The mark says that the migrations went through; without it the next caller tries again.
    await admin.query(`alter database ${template} is_template true`);
  }
  return template;
}

/** A profile whose Aurora is this database, and whose other stores are nowhere. */
function testProfile(database: string): Profile {
  const { host, port, adminRole, password } = inject("testServer");
  const nowhere = { socketPath: "/nonexistent" };
  const provider = { endpoint: nowhere, apiKey: "", webhookSecret: "" };
  return {
    name: "test",
    live: false,
    currency: "ARS",
    language: "en",
    timeZone: "UTC",
    aurora: { host, port, adminRole, password, database, tls: false },
    dynamo: { endpoint: nowhere, region: "us-east-1", table: database },
    s3: { endpoint: nowhere, region: "us-east-1", bucket: database },
    neptune: { url: "ws+unix:///nonexistent:/gremlin" },
    payments: provider,
    shipping: provider,
  };
}

async function asAdministrator<T>(work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const { host, port, adminRole, password } = inject("testServer");
  const admin = new pg.Client({ host, port, user: adminRole, password, database: "postgres" });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
