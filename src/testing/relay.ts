import { join } from "node:path";
import { expect, type TestContext } from "vitest";
import { type Deps, openDeps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { type Aurora, openAurora } from "../stores/aurora/client.ts";
import type { NewEvent } from "../stores/aurora/log.ts";
import type { Marketplace } from "./marketplace.ts";

// What tests of the relay share: the log behind a marketplace, and what must hold after a pass.

/** Who changes what in these tests, and when. */
export const ACTOR = "user:test";
export const AT = "2026-01-01T00:00:00.000Z";

/** The marketplace's Aurora itself, with connections of the test's own. */
export function openDatabase({ onTestFinished }: TestContext, { config }: Marketplace): Aurora {
  const db = openAurora(config.profile);
  onTestFinished(() => db.destroy());
  return db;
}

/** The marketplace as another process has it open. */
export function openSecond({ onTestFinished }: TestContext, { config }: Marketplace): Deps {
  const { deps, close } = openDeps(config, { notice: () => undefined });
  onTestFinished(close);
  return deps;
}

/** The same marketplace while nobody answers for DynamoDB. */
export function withoutDynamo(t: TestContext, market: Marketplace): Deps {
  const { config } = market;
  const endpoint = { socketPath: join(config.home, "nobody.sock") };
  const profile = { ...config.profile, dynamo: { ...config.profile.dynamo, endpoint } };
  return openSecond(t, { ...market, config: { ...config, profile } });
}

/** Every page says what its row says; only active ones are indexed. */
export async function expectPagesEqualRows(deps: Deps): Promise<void> {
  const rows = await deps.publications.pagesOf(await deps.publications.ids({ limit: 1000 }));
  const pages = await deps.pages.getMany(
    rows.map(({ id }) => id),
    { consistent: true },
  );
  expect(rows.map(({ id }) => pages.get(id))).toMatchObject(rows);
  const indexed = rows.filter(({ id }) => pages.get(id)?.indexedRevision !== null);
  expect(indexed).toEqual(rows.filter(({ state }) => state === "active"));
}

/** Positions are 1, 2, 3 and so on, and within each thing they run with the ids. */
export async function expectPositionsDense(db: Aurora): Promise<void> {
  const events = await db
    .selectFrom("event")
    .select(["id", "position", "subjectId"])
    .orderBy("position")
    .execute();
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  const lastOf = new Map<string, number>();
  for (const { id, subjectId } of events) {
    expect(id).toBeGreaterThan(lastOf.get(subjectId) ?? 0);
    lastOf.set(subjectId, id);
  }
}

/** What is told to the seller, of an order that exists nowhere else. */
export const paid = (buyer: Actor, seller: Actor): NewEvent => ({
  type: "order.paid",
  subjectKind: "order",
  subjectId: newId(),
  revision: 2,
  actor: ACTOR,
  at: AT,
  data: { buyerId: buyer.userId, sellerId: seller.userId },
});

/** What stands in a user's inbox. */
export const told = async (deps: Deps, user: Actor) =>
  (await deps.notifications.list(user.userId, { limit: 100 })).items;

/** An edit whose page only the relay can bring. */
export const editPrice = (deps: Deps, id: string, priceMinor: number) =>
  deps.publications.update(id, { priceMinor }, null, ACTOR, deps.now());
