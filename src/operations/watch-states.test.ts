import { setTimeout as pause } from "node:timers/promises";
import { expect, type TestContext, test } from "vitest";
import { newId } from "../domain/ids.ts";
import { testMarketplace } from "../testing/marketplace.ts";
import { buy } from "./buy.ts";
import { cancelOrder } from "./cancel-order.ts";
import { type StateWatch, watchStates } from "./watch-states.ts";

async function setup(t: TestContext) {
  const market = await testMarketplace(t);
  const { deps } = market;
  const [seller, buyer] = [await market.user("ana"), await market.user("carla")];
  const operator = await market.user("olga", "operator");
  const lamp = await market.publication(seller, { stock: 50 });
  const order = async (): Promise<string> => {
    const wanted = [{ publication: lamp.id, quantity: 1 }];
    const request = { actor: buyer, key: newId(), wanted, shipTo: null };
    return (await buy(request, deps)).orders[0]?.id ?? "";
  };
  const cancel = (id: string) =>
    cancelOrder({ actor: buyer, order: id, reason: "changed my mind" }, deps);
  const want: StateWatch = {
    actor: operator,
    states: ["reserved"],
    since: undefined,
    imported: false,
    cursor: undefined,
    jobs: 1,
    limit: Number.POSITIVE_INFINITY,
    stopping: new AbortController().signal,
  };
  return { market, deps, buyer, order, cancel, want };
}

test("does it for orders from now on, and from a position or a time on", async (t) => {
  const { deps, order, cancel, want } = await setup(t);
  const first = await order();
  await cancel(first);
  const afterFirst = deps.now();
  const second = await order();
  const seen = async (more: Partial<StateWatch>) => {
    const ids: string[] = [];
    const work = async ({ orderId, state }: { orderId: string; state: string }) =>
      void ids.push(`${orderId} ${state}`);
    await watchStates({ ...want, ...more }, work, deps);
    return ids;
  };
  const states = ["cancelled", "reserved"];
  expect(await seen({ since: 0, states, limit: 3 })).toEqual([
    `${first} reserved`,
    `${first} cancelled`,
    `${second} reserved`,
  ]);
  expect(await seen({ since: afterFirst, limit: 1 })).toEqual([`${second} reserved`]);

  const coming = seen({ limit: 1 });
  await pause(50);
  const third = await order();
  expect(await coming).toEqual([`${third} reserved`]);
});

test("an order that says its state once more, flagged, has not entered it again", async (t) => {
  const { deps, order, want } = await setup(t);
  const id = await order();
  await deps.events.sequence();
  const [placed] = await deps.events.ofSubject(id);
  if (!placed) throw new Error("nothing was placed");
  const { type, subjectKind, subjectId, actor, occurredAt, data } = placed;
  const again = { type, subjectKind, subjectId, revision: 2, actor, occurredAt, data };
  await deps.events.copy([{ ...again, sourceKey: `${id}#flagged`, personal: null }]);
  const other = await order();
  const ids: string[] = [];
  const work = async ({ orderId }: { orderId: string }) => void ids.push(orderId);
  await watchStates({ ...want, since: 0, limit: 2 }, work, deps);
  expect(ids).toEqual([id, other]);
});

test("a cursor goes on where it stopped, and not past what was not done", async (t) => {
  const { deps, order, want } = await setup(t);
  const named = { ...want, cursor: "labels", since: 0 };
  const ids = [await order(), await order(), await order(), await order()];
  const done: string[] = [];
  const broken = new Error("pulled the plug");
  const until = (stopAt: string | undefined) =>
    watchStates(
      { ...named, jobs: 2, limit: 4 - done.length },
      async ({ orderId }) => {
        if (orderId === stopAt) {
          await pause(20);
          throw broken;
        }
        done.push(orderId);
      },
      deps,
    );
  await expect(until(ids[1])).rejects.toBe(broken);
  expect(done).toContain(ids[0]);
  expect(done).not.toContain(ids[1]);
  const before = done.length;
  await watchStates({ ...named, limit: 3 }, async ({ orderId }) => void done.push(orderId), deps);
  expect(done.slice(before)).toEqual(ids.slice(1));
});

test("never more at once than allowed; being stopped lets what is under way end", async (t) => {
  const { deps, order, want } = await setup(t);
  for (let count = 0; count < 5; count += 1) await order();
  const stop = new AbortController();
  let [atOnce, most, ended] = [0, 0, 0];
  const count = await watchStates(
    { ...want, since: 0, jobs: 2, stopping: stop.signal },
    async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await pause(10);
      atOnce -= 1;
      ended += 1;
      if (ended === 3) stop.abort();
    },
    deps,
  );
  expect(most).toBe(2);
  expect(ended).toBe(count);
  expect(count).toBeLessThan(5);
});

test("is for staff", async (t) => {
  const { deps, buyer, want } = await setup(t);
  const refused = watchStates({ ...want, actor: buyer }, async () => undefined, deps);
  await expect(refused).rejects.toMatchObject({ code: "not_allowed" });
});
