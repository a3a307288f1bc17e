/** Something a user is told once; its id is derived from the event, so relaying twice tells once. */
export interface Notification {
  id: string;
  userId: string;
  kind: string;
  /** The id of the thing it is about. */
  subject: string;
  data: Readonly<Record<string, string>>;
  createdAt: string;
  readAt: string | null;
}
