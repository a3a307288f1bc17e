import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Notification } from "../../domain/notification.ts";
import type { Item } from "./batch.ts";
import type { Table } from "./client.ts";
import { whether } from "./errors.ts";
import { listIndex, type Page, type PageRequest } from "./listing.ts";

const key = (userId: string, id: string) => ({ pk: `INBOX#${userId}`, sk: `NOTIFICATION#${id}` });

/** What users are told. */
export const notificationStore = (table: Table) => ({
  /** Adds it once: false when it is there already, read or not. */
  put: (notification: Notification): Promise<boolean> => {
    const { userId, id, createdAt, readAt } = notification;
    return whether(
      table.client.send(
        new PutCommand({
          TableName: table.name,
          Item: {
            ...notification,
            ...key(userId, id),
            gsi1pk: partition(userId),
            gsi1sk: `${readAt ? READ : UNREAD}${createdAt}#${id}`,
          },
          ConditionExpression: "attribute_not_exists(pk)",
        }),
      ),
    );
  },

  /** The unread ones first, each newest first; or the unread ones only. */
  list: (
    userId: string,
    { unreadOnly = false, ...request }: PageRequest & { unreadOnly?: boolean },
  ): Promise<Page<Notification>> =>
    listIndex(
      table,
      { index: "gsi1", partition: partition(userId), ...(unreadOnly && { prefix: UNREAD }) },
      request,
      parse,
    ),

  /** False when it was read before, or does not exist. */
  markRead: ({ userId, id, createdAt }: Notification, readAt: string): Promise<boolean> =>
    whether(
      table.client.send(
        new UpdateCommand({
          TableName: table.name,
          Key: key(userId, id),
          UpdateExpression: "SET readAt = :readAt, gsi1sk = :read",
          ConditionExpression: "attribute_exists(pk) AND readAt = :unread",
          ExpressionAttributeValues: {
            ":readAt": readAt,
            ":read": `${READ}${createdAt}#${id}`,
            ":unread": null,
          },
        }),
      ),
    ),
});
export type NotificationStore = ReturnType<typeof notificationStore>;

const partition = (userId: string) => `NOTIFICATIONS#${userId}`;
const UNREAD = "unread#";
const READ = "read#";

function parse(item: Item): Notification {
  const { pk, sk, gsi1pk, gsi1sk, ...notification } = item;
  return notification as unknown as Notification;
}
