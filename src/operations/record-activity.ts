import type { Deps } from "../deps.ts";
import { newId } from "../domain/ids.ts";
import type { Activity } from "../stores/dynamo/activity.ts";

/**
 * Notes what somebody looked at. Losing one is allowed, so it never makes a reader wait or fail; nor does
 * it open Aurora to learn the marketplace's time.
 */
export async function recordActivity(
  seen: Pick<Activity, "kind" | "userId" | "data">,
  { activityLog, realNow }: Pick<Deps, "activityLog" | "realNow">,
): Promise<void> {
  try {
    await activityLog.put({ ...seen, id: newId(), at: realNow() });
  } catch {
    // The page was read; that it was is only statistics.
  }
}
