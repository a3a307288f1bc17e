import { createHash } from "node:crypto";
import pg from "pg";
import type { Actor } from "../src/domain/actor.ts";
import { connection } from "../src/stores/aurora/client.ts";
import type { Marketplace } from "../src/testing/marketplace.ts";

/** Asks a test's Aurora something; gives the rows. */
export async function ask<T extends pg.QueryResultRow>(
  { config }: Marketplace,
  text: string,
  values: unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client(connection(config.profile.aurora, "mkt_app"));
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const TABLES: Readonly<Record<string, string>> = {
  user: "id",
  category: "id",
  publication: "id",
  publication_category: "publication_id, category_id",
  purchase: "id",
  order: "id",
  order_line: "id",
  stock_movement: "id",
  payment: "id",
  refund: "id",
  shipment: "id",
  ledger_entry: "id",
  transition: "id",
};

/**
 * A digest of all that an import wrote, by table: rows whole, of events all but id and position. Who imported
 * is the same in every marketplace.
 */
export async function importedDigests(
  market: Marketplace,
  operator: Actor,
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  const add = async (name: string, query: string) => {
    const rows = await ask<{ row: string }>(market, query, [operator.userId]);
    digests[name] = `${rows.length} ${createHash("sha256")
      .update(rows.map(({ row }) => row).join("\n"))
      .digest("hex")}`;
  };
  for (const [table, key] of Object.entries(TABLES)) {
    const among = table === "user" ? "where id <> $1::uuid" : "where $1::text <> ''";
    const row = "replace(to_jsonb(t)::text, $1::text, 'OPERATOR') as row";
    await add(table, `select ${row} from "${table}" t ${among} order by ${key}`);
  }
  await add(
    "event",
    `select replace((to_jsonb(t) - 'id' - 'position')::text, $1::text, 'OPERATOR') as row
    from event t where imported order by subject_id, revision, type`,
  );
  return digests;
}
