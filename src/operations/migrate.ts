import type { Deps } from "../deps.ts";
import type { MigrationState } from "../stores/aurora/migrate.ts";

export interface StoresReady {
  aurora: MigrationState[];
  /** The table's status, or null before it exists. */
  dynamo: string | null;
}

/** Makes Aurora's roles and schema, DynamoDB's table and S3's bucket where they are missing. Safe to repeat. */
export async function migrate({ schema }: Pick<Deps, "schema">): Promise<StoresReady> {
  const aurora = await schema.up();
  await schema.ensureTable();
  await schema.ensureBucket();
  return { aurora, dynamo: (await schema.describeTable())?.status ?? null };
}

/** What of that exists; changes nothing. */
export async function migrationStatus({ schema }: Pick<Deps, "schema">): Promise<StoresReady> {
  const aurora = await schema.status();
  return { aurora, dynamo: (await schema.describeTable())?.status ?? null };
}
