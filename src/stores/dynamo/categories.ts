import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { Table } from "./client.ts";
import { whether } from "./errors.ts";

const KEY = { pk: "CATEGORIES", sk: "ALL" };

/** The names of all categories: one item, written whole. */
export const categoryStore = (table: Table) => ({
  /** Writes all names as of `revision`; false when a newer list stands there. */
  put: (names: ReadonlyMap<string, string>, revision: number): Promise<boolean> =>
    whether(
      table.client.send(
        new PutCommand({
          TableName: table.name,
          Item: { ...KEY, names: Object.fromEntries(names), revision },
          ConditionExpression: "attribute_not_exists(pk) OR revision <= :revision",
          ExpressionAttributeValues: { ":revision": revision },
        }),
      ),
    ),

  /** Category id → name; empty before the first was made. */
  names: async (): Promise<Map<string, string>> => {
    const { Item } = await table.client.send(
      new GetCommand({ TableName: table.name, Key: KEY, ConsistentRead: true }),
    );
    return new Map(Object.entries((Item?.names ?? {}) as Record<string, string>));
  },
});
export type CategoryStore = ReturnType<typeof categoryStore>;
