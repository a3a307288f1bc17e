import type { Deps } from "../deps.ts";
import { isId } from "../domain/ids.ts";
import type { Activity } from "../stores/dynamo/activity.ts";

const CURSOR = "activity";
const MINUTE_MS = 60_000;
/** DynamoDB keeps activity for a week; what is older has gone. */
const OLDEST_MINUTES = 7 * 24 * 60;
const MINUTES_A_PASS = 240;

/**
 * Copies whole past minutes of activity to Aurora and takes them away from DynamoDB. Losing one is allowed;
 * copying one twice changes nothing. Gives how many it copied.
 */
export async function copyActivity({
  events,
  activityLog,
  activity,
  realNow,
}: Pick<Deps, "events" | "activityLog" | "activity" | "realNow">): Promise<number> {
  const current = Math.floor(Date.parse(realNow()) / MINUTE_MS);
  const { position } = await events.cursor(CURSOR);
  const first = Math.max(position + 1, current - OLDEST_MINUTES);
  let copied = 0;
  for (let minute = first; minute < current && minute < first + MINUTES_A_PASS; minute += 1) {
    const seen = await activityLog.readMinute(new Date(minute * MINUTE_MS).toISOString());
    if (seen.length > 0) {
      await activity.copy(seen.flatMap(toRow));
      await activityLog.remove(seen);
      copied += seen.length;
    }
    await events.advance(CURSOR, minute, realNow());
  }
  return copied;
}

function toRow({ id, kind, userId, data, at }: Activity) {
  if (kind !== "home" && kind !== "search" && kind !== "view") return [];
  const { publicationId, words, resultCount } = data;
  return [
    {
      id,
      kind,
      userId: userId !== null && isId(userId) ? userId : null,
      publicationId:
        typeof publicationId === "string" && isId(publicationId) ? publicationId : null,
      // DynamoDB keeps any text, PostgreSQL none with a NUL.
      words: typeof words === "string" ? words.replaceAll("\0", "\uFFFD") : null,
      resultCount: typeof resultCount === "number" ? resultCount : null,
      at,
    },
  ] as const;
}
