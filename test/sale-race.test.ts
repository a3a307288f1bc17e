import { type TestContext, test } from "vitest";
import type { Actor } from "../src/domain/actor.ts";
import { buy } from "../src/operations/buy.ts";
import { expirePayments } from "../src/operations/expire-payments.ts";
import { expireReservations } from "../src/operations/expire-reservations.ts";
import { pay } from "../src/operations/pay.ts";
import { settleShipment } from "../src/operations/settle-shipment.ts";
import { ship } from "../src/operations/ship.ts";
import type { Outcome } from "../src/testing/local-stack.ts";
import { type Marketplace, testMarketplace } from "../src/testing/marketplace.ts";
import { type Program, programOn } from "../src/testing/program.ts";

const TIMEOUT_MS = 300_000;
const ROUNDS = Number(process.env.MKT_RACE_ROUNDS ?? 20);
const BUYER = ["--as", "beto@example.com"];
const SELLER = ["--as", "ana@example.com"];

type Racer = ReturnType<Program["racer"]>;

interface Scene {
  market: Marketplace;
  program: Program;
  racers: [Racer, Racer];
  buyer: Actor;
  seller: Actor;
  reserve(): Promise<string>;
  paid(): Promise<{ orderId: string; paymentId: string }>;
}

async function setScene(t: TestContext): Promise<Scene> {
  const times = { settleMs: 0, pickupMs: 86_400_000, deliveryMs: 86_400_000 };
  const market = await testMarketplace(t, { times });
  const { deps } = market;
  const operator = await market.user("operator", "operator");
  const seller = await market.user("ana");
  const buyer = await market.user("beto");
  const lamp = await market.publication(seller, { stock: 1_000 });
  const program = await programOn(t, market, operator);
  let bought = 0;
  const reserve = async () => {
    bought += 1;
    const wanted = [{ publication: lamp.id, quantity: 1 }];
    const request = { actor: buyer, key: `sale ${bought}`, wanted, shipTo: null };
    return (await buy(request, deps)).orders[0]?.id ?? "";
  };
  return {
    market,
    program,
    racers: [program.racer(), program.racer()],
    buyer,
    seller,
    reserve,
    async paid() {
      const orderId = await reserve();
      const card = { actor: buyer, target: orderId, card: "tok_approved", waitMs: 10_000 };
      return { orderId, paymentId: (await pay(card, deps))[0]?.id ?? "" };
    },
  };
}

/**
 * Runs two things at once, again and again: whichever won last time starts later the next time, so that
 * they come to meet in the middle.
 */
function contest() {
  let leadMs = 0;
  let stepMs = 8;
  let last: string | undefined;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
  return {
    async together<T>(
      first: () => Promise<Outcome>,
      second: () => Promise<T>,
    ): Promise<[Outcome, T]> {
      const jitterMs = Math.random() * 10;
      return Promise.all([pause(leadMs).then(first), pause(jitterMs - leadMs).then(second)]);
    },
    /** Says who won, so that the other may start earlier. */
    won(who: "first" | "second") {
      stepMs = who === last ? Math.min(stepMs * 1.5, 60) : Math.max(stepMs / 2, 4);
      last = who;
      leadMs += who === "first" ? stepMs : -stepMs;
    },
  };
}

async function isSound(t: TestContext, { program }: Scene): Promise<void> {
  t.expect(await program.run(["reconcile"])).toMatchObject({ exitCode: 0 });
  const doctor = await program.run(["doctor"]);
  t.expect(doctor.stdout).toContain('"faults": []');
  t.expect(doctor.exitCode).toBe(0);
}

/** How often each ending came: a race that always ends alike was none. */
function tally() {
  const counts: Record<string, number> = {};
  const add = (ending: string) => {
    counts[ending] = (counts[ending] ?? 0) + 1;
  };
  return {
    add,
    /** A few rounds may not be enough to meet. */
    hadBoth(t: TestContext, ...endings: string[]) {
      const found = Object.keys(counts).sort();
      if (ROUNDS >= 100) t.expect(found, JSON.stringify(counts)).toEqual(endings);
      else t.expect(endings).toEqual(t.expect.arrayContaining(found));
    },
  };
}

/** Pays with a card whose bank asks back, so that the payment waits for `payment confirm`. */
async function begin({ market: { deps }, buyer }: Scene, orderId: string): Promise<string> {
  const card = { actor: buyer, target: orderId, card: "tok_second_step", waitMs: 0 };
  return (await pay(card, deps))[0]?.id ?? "";
}

test("cancel against approval", { timeout: TIMEOUT_MS }, async (t) => {
  const scene = await setScene(t);
  const { market, racers } = scene;
  const { deps } = market;
  const endings = tally();
  const race = contest();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const orderId = await scene.reserve();
    const paymentId = await begin(scene, orderId);
    const [cancelled, confirmed] = await race.together(
      () => racers[0].run(["order", "cancel", orderId, ...BUYER]),
      () => racers[1].run(["payment", "confirm", paymentId, ...BUYER]),
    );
    // Cancelling is possible before and after the approval: it wins, and the money goes back.
    t.expect(cancelled).toMatchObject({ exitCode: 0 });
    t.expect((await deps.orders.find(orderId))?.state).toBe("cancelled");
    t.expect([0, 4, 5]).toContain(confirmed.exitCode);
    const before = (await deps.payments.find(paymentId))?.state === "cancelled";
    endings.add(before ? "before" : "after");
    race.won(before ? "first" : "second");
  }
  await isSound(t, scene);
  endings.hadBoth(t, "after", "before");
});

test("expiry against approval", { timeout: TIMEOUT_MS }, async (t) => {
  const scene = await setScene(t);
  const { market, racers } = scene;
  const { deps } = market;
  const late = { ...deps, now: () => new Date(Date.now() + 3_700_000).toISOString() };
  const endings = tally();
  const race = contest();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const orderId = await scene.reserve();
    const paymentId = await begin(scene, orderId);
    const timers = async () => {
      await expirePayments(late);
      const after = { ...deps, now: () => new Date(Date.now() + 7_400_000).toISOString() };
      await expireReservations(after);
    };
    const confirm = () => racers[1].run(["payment", "confirm", paymentId, ...BUYER]);
    const [confirmed] = await race.together(confirm, timers);
    const state = (await deps.orders.find(orderId))?.state ?? "";
    t.expect(["paid", "expired"]).toContain(state);
    t.expect(confirmed.exitCode === 0, confirmed.stderr).toBe(state === "paid");
    endings.add(state);
    race.won(state === "paid" ? "first" : "second");
  }
  await isSound(t, scene);
  endings.hadBoth(t, "expired", "paid");
});

test("ship against cancel", { timeout: TIMEOUT_MS }, async (t) => {
  const scene = await setScene(t);
  const { market, racers } = scene;
  const { deps } = market;
  const endings = tally();
  const race = contest();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { orderId } = await scene.paid();
    const [shipped, cancelled] = await race.together(
      () => racers[0].run(["ship", orderId, "--handed-over", ...SELLER]),
      () => racers[1].run(["order", "cancel", orderId, ...BUYER]),
    );
    const state = (await deps.orders.find(orderId))?.state;
    t.expect([shipped.exitCode, cancelled.exitCode, state]).toEqual(
      state === "cancelled" ? [4, 0, "cancelled"] : [0, 4, "shipped"],
    );
    endings.add(state ?? "");
    race.won(state === "shipped" ? "first" : "second");
  }
  await isSound(t, scene);
  endings.hadBoth(t, "cancelled", "shipped");
});

test("refund against dispute", { timeout: TIMEOUT_MS }, async (t) => {
  const scene = await setScene(t);
  const { market, racers, seller } = scene;
  const { deps } = market;
  const endings = tally();
  const race = contest();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { orderId, paymentId } = await scene.paid();
    const { id, providerId } = await ship({ actor: seller, order: orderId }, deps);
    await deps.simulators.deliverShipment(providerId ?? "");
    await settleShipment(id, deps);
    const [refunded, disputed] = await race.together(
      () => racers[0].run(["payment", "refund", paymentId]),
      () =>
        racers[1].run([
          ...["dispute", "open", orderId, "--not-as-described", "--note", "a scratch", ...BUYER],
        ]),
    );
    const state = (await deps.orders.find(orderId))?.state;
    t.expect([refunded.exitCode, disputed.exitCode, state]).toEqual(
      state === "refunded" ? [0, 4, "refunded"] : [4, 0, "disputed"],
    );
    endings.add(state ?? "");
    race.won(state === "refunded" ? "first" : "second");
  }
  await isSound(t, scene);
  endings.hadBoth(t, "disputed", "refunded");
});
