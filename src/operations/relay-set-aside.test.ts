import { expect, type TestContext, test } from "vitest";
import { connection, openPool, transact } from "../stores/aurora/client.ts";
import { type NewEvent, record } from "../stores/aurora/log.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import {
  ACTOR,
  AT,
  editPrice,
  expectPagesEqualRows,
  expectPositionsDense,
  openDatabase,
  withoutDynamo,
} from "../testing/relay.ts";
import { stackStatus } from "./drive-stack.ts";
import { retrySetAside } from "./relay.ts";

/** A lamp behind an event that says nothing, with two good ones after it, and a chair beside it. */
async function poisonedMarketplace(t: TestContext) {
  const market = await testMarketplace(t);
  const { deps } = market;
  const ana = await market.user("ana");
  const [lamp, chair] = [await market.publication(ana), await market.publication(ana)];
  await market.relay();
  const poison: NewEvent = {
    type: "publication.updated",
    subjectKind: "publication",
    subjectId: lamp.id,
    revision: 2,
    actor: ACTOR,
    at: AT,
    data: { sellerId: ana.userId },
  };
  const db = openDatabase(t, market);
  await transact(db, (tx) => record(tx, [poison]));
  const eventId = (await deps.events.ofSubject(lamp.id)).at(-1)?.id ?? 0;
  await editPrice(deps, lamp.id, 3_100);
  await editPrice(deps, chair.id, 4_200);
  const report = await market.relay();
  return { market, deps, db, lamp, chair, eventId, report };
}

test("a poisonous event is shown and holds up its own thing only; skipping it brings the rest", async (t) => {
  const { market, deps, db, lamp, chair, eventId, report } = await poisonedMarketplace(t);
  const shown = {
    eventId,
    subjectId: lamp.id,
    error: expect.stringContaining("not what it should be"),
  };
  expect(report).toMatchObject({ applied: 1, setAside: [shown] });
  expect(await deps.events.listSetAside()).toMatchObject([{ ...shown, attempts: 1 }]);
  expect((await stackStatus(deps)).relay).toMatchObject({ pending: 0, setAside: [shown] });
  expect((await deps.pages.get(chair.id))?.priceMinor).toBe(4_200);

  // What comes later waits behind it, also in later passes; nothing else does.
  await deps.publications.changeState(lamp.id, "pause", ACTOR, deps.now());
  await editPrice(deps, chair.id, 4_300);
  expect(await market.relay()).toMatchObject({ sequenced: 2, applied: 1, setAside: [] });
  expect(await deps.pages.get(lamp.id)).toMatchObject({ revision: 1, state: "active" });
  expect((await deps.pages.get(chair.id))?.priceMinor).toBe(4_300);

  expect(await retrySetAside({ eventId, skip: true }, deps)).toMatchObject({
    applied: 2,
    setAside: [],
  });
  expect(await deps.events.listSetAside()).toEqual([]);
  expect(await deps.pages.get(lamp.id)).toMatchObject({ priceMinor: 3_100, state: "paused" });
  await expectPagesEqualRows(deps);
  await expectPositionsDense(db);
  await expect(retrySetAside({ eventId, skip: true }, deps)).rejects.toMatchObject({
    code: "not_found",
  });

  await editPrice(deps, chair.id, 4_400);
  expect(await market.relay()).toMatchObject({ applied: 1, setAside: [] });
});

test("retrying sets it aside again until it is repaired, and never forgets what waits", async (t) => {
  const { market, deps, lamp, eventId } = await poisonedMarketplace(t);
  expect(await retrySetAside({ eventId, skip: false }, deps)).toMatchObject({
    applied: 0,
    setAside: [{ eventId }],
  });
  expect(await deps.events.listSetAside()).toMatchObject([{ eventId, attempts: 2 }]);

  // While DynamoDB is away nothing can be applied, so everything must go on waiting.
  const away = withoutDynamo(t, market);
  await expect(retrySetAside({ eventId, skip: true }, away)).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(await deps.events.listSetAside()).toMatchObject([{ eventId }]);

  const [published] = await deps.events.ofSubject(lamp.id);
  const { aurora } = market.config.profile;
  const admin = openPool(connection(aurora, aurora.adminRole));
  t.onTestFinished(() => admin.end());
  const repaired = { ...published?.data, revision: 2, priceMinor: 2_900 };
  await admin.query("update event set data = $1 where id = $2", [repaired, eventId]);
  expect(await retrySetAside({ eventId, skip: false }, deps)).toMatchObject({
    applied: 2,
    setAside: [],
  });
  expect(await deps.events.listSetAside()).toEqual([]);
  expect((await deps.pages.get(lamp.id))?.priceMinor).toBe(3_100);
});
