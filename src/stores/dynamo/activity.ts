import { PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { type Item, writeAll } from "./batch.ts";
import type { Table } from "./client.ts";
import { EXPIRY_ATTRIBUTE } from "./table.ts";

/** Something a visitor did that changes nothing. Losing one is allowed. */
export interface Activity {
  id: string;
  /** `home`, `search` or `view`. */
  kind: string;
  /** ISO 8601 in UTC. */
  at: string;
  /** Null without a login. */
  userId: string | null;
  data: Readonly<Record<string, string | number | boolean>>;
}

const KEPT_SECONDS = 7 * 24 * 60 * 60;
const MINUTE_LENGTH = "2026-01-01T00:00".length;

/** What visitors did, by minute, until it is copied to Aurora; after a week it expires. */
export const activityStore = (table: Table) => ({
  put: async (activity: Activity): Promise<void> => {
    const expiry = Math.floor(Date.parse(activity.at) / 1000) + KEPT_SECONDS;
    await table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: {
          ...activity,
          pk: partition(activity.at),
          sk: activity.id,
          [EXPIRY_ATTRIBUTE]: expiry,
        },
      }),
    );
  },

  /** Everything of the minute that `at` falls in, in order of id. */
  readMinute: async (at: string): Promise<Activity[]> => {
    const found: Activity[] = [];
    let start: Item | undefined;
    do {
      const { Items, LastEvaluatedKey } = await table.client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: "pk = :minute",
          ExpressionAttributeValues: { ":minute": partition(at) },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      );
      found.push(...(Items ?? []).map(parse));
      start = LastEvaluatedKey;
    } while (start);
    return found;
  },

  /** Deletes what was copied: these, not others that came to the same minute since. */
  remove: (activities: Iterable<Pick<Activity, "id" | "at">>): Promise<void> =>
    writeAll(
      table,
      [...activities].map(({ id, at }) => ({ remove: { pk: partition(at), sk: id } })),
    ),
});
export type ActivityStore = ReturnType<typeof activityStore>;

const partition = (at: string) => `ACTIVITY#${at.slice(0, MINUTE_LENGTH)}`;

function parse(item: Item): Activity {
  const { pk, sk, [EXPIRY_ATTRIBUTE]: _, ...activity } = item;
  return activity as unknown as Activity;
}
