import type { Deps } from "../deps.ts";
import type { MigrationState } from "../stores/aurora/migrate.ts";

export interface StoresReady {
  aurora: MigrationState[];
  /** The table's status, or null before it exists. */
  dynamo: string | null;
}

type MigrateDeps = Pick<Deps, "schema" | "stack">;

/** Makes Aurora's roles and schema, DynamoDB's table and S3's bucket where they are missing. Safe to repeat. */
export async function migrate({ schema, stack }: MigrateDeps): Promise<StoresReady> {
  await startStores(stack);
  const aurora = await schema.up();
  await schema.ensureTable();
  await schema.ensureBucket();
  return { aurora, dynamo: (await schema.describeTable())?.status ?? null };
}

/** What of that exists; changes nothing. */
export async function migrationStatus({ schema, stack }: MigrateDeps): Promise<StoresReady> {
  await startStores(stack);
  const aurora = await schema.status();
  return { aurora, dynamo: (await schema.describeTable())?.status ?? null };
}

async function startStores({ isHere, ensure }: Deps["stack"]): Promise<void> {
  if (!isHere) return;
  for (const store of ["aurora", "dynamo", "s3"] as const) await ensure(store);
}
