import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import type { Notification } from "../domain/notification.ts";
import type { Question, QuestionState } from "../domain/question.ts";
import { MktError } from "../errors.ts";

/** One line of an inbox: a question to the seller, an answer to the asker, or a notification. */
export interface InboxItem {
  id: string;
  kind: string;
  /** What it is about: the publication, or the order. */
  subject: string;
  text: string;
  at: string;
  readAt: string | null;
}

type InboxDeps = Pick<Deps, "questions" | "notifications" | "now">;

/** What waits for a user, unread first, then newest first. Reads DynamoDB only. */
export async function inbox(
  { actor, limit, unreadOnly }: { actor: Actor; limit: number; unreadOnly: boolean },
  deps: InboxDeps,
): Promise<InboxItem[]> {
  const entries = await readInbox(actor.userId, limit, deps);
  const items = entries
    .map(({ item }) => item)
    .filter(({ readAt }) => !unreadOnly || readAt === null);
  return items.sort(unreadThenNewest).slice(0, limit);
}

/** Marks lines as read, all of them when no id is given; gives how many were unread. */
export async function markInboxRead(
  { actor, ids, limit }: { actor: Actor; ids: readonly string[]; limit: number },
  deps: InboxDeps,
): Promise<number> {
  const entries = await readInbox(actor.userId, limit, deps);
  const unknown = ids.find(
    (id) => id === "" || !entries.some(({ item }) => item.id.startsWith(id)),
  );
  if (unknown !== undefined) {
    throw new MktError("not_found", `there is no ${JSON.stringify(unknown)} in the inbox`, {
      hint: "mkt inbox shows what there is",
    });
  }
  const unread = entries.filter(
    ({ item }) =>
      item.readAt === null && (ids.length === 0 || ids.some((id) => item.id.startsWith(id))),
  );
  for (const { read } of unread) await read(deps.now());
  return unread.length;
}

/** Questions of one seller, one asker or one publication, newest first. */
export async function listQuestions(
  want: {
    actor: Actor;
    asked: boolean;
    state?: QuestionState | undefined;
    limit: number;
    pageToken?: string | undefined;
  },
  { questions }: Pick<Deps, "questions">,
): Promise<{ items: Question[]; nextPageToken: string | null }> {
  const { actor, asked, state, limit, pageToken } = want;
  const request = { limit, pageToken, ...(state && { state }) };
  const page = await (asked
    ? questions.listByAsker(actor.userId, request)
    : questions.listBySeller(actor.userId, request));
  return { items: page.items, nextPageToken: page.nextPageToken ?? null };
}

interface Entry {
  item: InboxItem;
  read: (at: string) => Promise<boolean>;
}

async function readInbox(
  userId: string,
  limit: number,
  { questions, notifications }: InboxDeps,
): Promise<Entry[]> {
  const [asked, answered, told] = await Promise.all([
    questions.listBySeller(userId, { limit, state: "unanswered" }),
    questions.listByAsker(userId, { limit, state: "answered" }),
    notifications.list(userId, { limit }),
  ]);
  return [
    ...asked.items.map((question) => questionEntry(question, "seller", questions)),
    ...answered.items.map((question) => questionEntry(question, "asker", questions)),
    ...told.items.map((notification) => ({
      item: notificationItem(notification),
      read: (at: string) => notifications.markRead(notification, at),
    })),
  ];
}

function questionEntry(
  question: Question,
  side: "seller" | "asker",
  questions: Deps["questions"],
): Entry {
  const { id, publicationId: subject, text, answer, askedAt, answeredAt } = question;
  const item =
    side === "seller"
      ? { id, kind: "question", subject, text, at: askedAt, readAt: question.sellerReadAt }
      : {
          id,
          kind: "answer",
          subject,
          text: answer ?? "",
          at: answeredAt ?? askedAt,
          readAt: question.askerReadAt,
        };
  return { item, read: (at) => questions.markRead(id, side, at) };
}

function notificationItem({
  id,
  kind,
  subject,
  data,
  createdAt: at,
  readAt,
}: Notification): InboxItem {
  return { id, kind, subject, text: data.text ?? "", at, readAt };
}

function unreadThenNewest(a: InboxItem, b: InboxItem): number {
  if ((a.readAt === null) !== (b.readAt === null)) return a.readAt === null ? -1 : 1;
  return a.at < b.at ? 1 : a.at > b.at ? -1 : a.id < b.id ? 1 : -1;
}
