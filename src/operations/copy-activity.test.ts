import { expect, test } from "vitest";
import { newId } from "../domain/ids.ts";
import { openAurora } from "../stores/aurora/client.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { copyActivity } from "./copy-activity.ts";
import { recordActivity } from "./record-activity.ts";

const MINUTE_MS = 60_000;

test("no search holds up the copying of the others, whatever was typed", async (t) => {
  let now = Date.now();
  const market = await testMarketplace(t, { now: () => new Date(now).toISOString() });
  const { deps, config } = market;
  const searched = (words: string) =>
    recordActivity({ kind: "search", userId: null, data: { words, resultCount: 0 } }, deps);
  // Up to the minute before, everything was copied.
  await deps.events.advance("activity", Math.floor(now / MINUTE_MS) - 1, deps.now());
  await searched("lamp\0 white");
  now += MINUTE_MS;
  await searched("desk");
  now += MINUTE_MS;
  expect(await copyActivity(deps)).toBe(2);
  const db = openAurora(config.profile, 1);
  t.onTestFinished(() => db.destroy());
  const rows = await db.selectFrom("activity").select("words").orderBy("at").execute();
  expect(rows).toEqual([{ words: "lamp\uFFFD white" }, { words: "desk" }]);
});

test("a busy minute is copied whole", async (t) => {
  const market = await testMarketplace(t);
  const { deps, config } = market;
  const at = deps.now();
  const one = {
    kind: "view" as const,
    userId: null,
    publicationId: null,
    words: null,
    resultCount: null,
  };
  const rows = Array.from({ length: 10_001 }, () => ({ ...one, id: newId(), at }) as const);
  await deps.activity.copy(rows);
  await deps.activity.copy(rows.slice(0, 10));
  const db = openAurora(config.profile, 1);
  t.onTestFinished(() => db.destroy());
  const { count } = await db
    .selectFrom("activity")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  expect(count).toBe(10_001);
});
