import { setTimeout as pause } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type GlobalSecondaryIndex,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { MktError } from "../../errors.ts";
import type { Table } from "./client.ts";

/** Attributes by which each index finds items; an item without them is not in the index. */
export const INDEXES = {
  gsi1: ["gsi1pk", "gsi1sk"],
  gsi2: ["gsi2pk", "gsi2sk"],
  gsi3: ["gsi3pk", "gsi3sk"],
  outbox: ["outboxpk", "outboxsk"],
} as const;
export type IndexName = keyof typeof INDEXES;

/** Seconds since 1970 after which DynamoDB may delete the item. */
export const EXPIRY_ATTRIBUTE = "expiresAt";

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;

export interface TableDescription {
  name: string;
  status: string;
  /** As DynamoDB last counted: up to six hours old on AWS. */
  items: number;
  bytes: number;
  indexes: string[];
}

/** Makes the table and its indexes if they are missing and waits until they serve. Safe to repeat. */
export async function ensureTable(table: Table): Promise<void> {
  if (!(await describe(table))) await createTable(table);
  await becomeActive(table);
  await enableExpiry(table);
}

/** The table as it stands, or undefined when there is none. */
export async function describe(table: Table): Promise<TableDescription | undefined> {
  try {
    const { Table: found } = await table.client.send(
      new DescribeTableCommand({ TableName: table.name }),
    );
    const indexes = (found?.GlobalSecondaryIndexes ?? []).filter(
      ({ IndexStatus }) => IndexStatus === "ACTIVE",
    );
    return {
      name: table.name,
      status: found?.TableStatus ?? "UNKNOWN",
      items: found?.ItemCount ?? 0,
      bytes: found?.TableSizeBytes ?? 0,
      indexes: indexes.flatMap(({ IndexName }) => IndexName ?? []).sort(),
    };
  } catch (error) {
    if (isNamed(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

async function createTable({ client, name }: Table): Promise<void> {
  const keys = [["pk", "sk"] as const, ...Object.values(INDEXES)];
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: keySchema("pk", "sk"),
        AttributeDefinitions: keys.flat().map((AttributeName) => ({
          AttributeName,
          AttributeType: "S" as const,
        })),
        GlobalSecondaryIndexes: Object.entries(INDEXES).map(
          ([IndexName, [hash, range]]): GlobalSecondaryIndex => ({
            IndexName,
            KeySchema: keySchema(hash, range),
            Projection: { ProjectionType: IndexName === "outbox" ? "KEYS_ONLY" : "ALL" },
          }),
        ),
      }),
    );
  } catch (error) {
    // Another process makes it at this moment.
    if (!isNamed(error, "ResourceInUseException")) throw error;
  }
}

const keySchema = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: "HASH" as const },
  { AttributeName: range, KeyType: "RANGE" as const },
];

async function becomeActive(table: Table): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const wanted = Object.keys(INDEXES);
  for (;;) {
    const found = await describe(table);
    const missing = wanted.filter((index) => !found?.indexes.includes(index));
    if (found?.status === "ACTIVE" && missing.length === 0) return;
    if (Date.now() > deadline) {
      const what = missing.length ? `without its index ${missing.join(", ")}` : found?.status;
      throw new MktError("unavailable", `DynamoDB's table ${table.name} is still ${what}`, {
        hint: "a table made by another program lacks what mkt needs: name a new one in the profile",
      });
    }
    await pause(READY_POLL_MS);
  }
}

async function enableExpiry({ client, name }: Table): Promise<void> {
  try {
    const { TimeToLiveDescription: now } = await client.send(
      new DescribeTimeToLiveCommand({ TableName: name }),
    );
    if (now?.TimeToLiveStatus === "ENABLED" || now?.TimeToLiveStatus === "ENABLING") return;
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: name,
        TimeToLiveSpecification: { AttributeName: EXPIRY_ATTRIBUTE, Enabled: true },
      }),
    );
  } catch (error) {
    // The embedded engine keeps such items; nothing depends on their going.
    if (!isNamed(error, "UnknownOperationException")) throw error;
  }
}

function isNamed(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === name || isNamed(error.cause, name);
}
