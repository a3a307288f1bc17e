import type { Deps } from "../deps.ts";
import { newId } from "../domain/ids.ts";
import type { Activity } from "../stores/dynamo/activity.ts";

/** Notes what somebody looked at. Losing one is allowed, so it never makes a reader wait or fail. */
export async function recordActivity(
  seen: Pick<Activity, "kind" | "userId" | "data">,
  { activityLog, now }: Pick<Deps, "activityLog" | "now">,
): Promise<void> {
  try {
    await activityLog.put({ ...seen, id: newId(), at: now() });
  } catch {
    // The page was read; that it was is only statistics.
  }
}
