import { sql } from "kysely";
import type { TestContext } from "vitest";
import type { Actor } from "../../src/domain/actor.ts";
import { hasCode, MktError } from "../../src/errors.ts";
import { buy } from "../../src/operations/buy.ts";
import { cancelOrder } from "../../src/operations/cancel-order.ts";
import { capturePayment } from "../../src/operations/capture-payment.ts";
import { changePublicationState } from "../../src/operations/change-publication.ts";
import { confirmPayment } from "../../src/operations/confirm-payment.ts";
import { openDispute } from "../../src/operations/open-dispute.ts";
import { pay } from "../../src/operations/pay.ts";
import { reconcile } from "../../src/operations/reconcile.ts";
import { refundPayment } from "../../src/operations/refund-payment.ts";
import { resolveDispute } from "../../src/operations/resolve-dispute.ts";
import { restock } from "../../src/operations/restock.ts";
import { review } from "../../src/operations/review.ts";
import { settlePayment } from "../../src/operations/settle-payment.ts";
import { settleShipment } from "../../src/operations/settle-shipment.ts";
import { ship } from "../../src/operations/ship.ts";
import { NO_FAULTS } from "../../src/providers/simulator/faults.ts";
import { openAurora } from "../../src/stores/aurora/client.ts";
import { type Marketplace, testMarketplace } from "../../src/testing/marketplace.ts";
import { brokenLaws, reachableAlone } from "./laws.ts";
import { expectationOf, type ModelOrder, PART, type Standing } from "./model.ts";
import type { Step } from "./steps.ts";

const MINUTE_MS = 60_000;
const STOCK = 8;
const PUBLICATIONS = 3;

/** One marketplace, for many sequences one after the other. */
export interface Stage {
  market: Marketplace;
  db: ReturnType<typeof openAurora>;
  staff: Actor;
}

export async function setStage(t: TestContext): Promise<Stage> {
  const times = {
    settleMs: 10 * MINUTE_MS,
    pickupMs: 1_440 * MINUTE_MS,
    deliveryMs: 4_320 * MINUTE_MS,
  };
  const market = await testMarketplace(t, { times });
  // Webhooks come when a step says so.
  await market.deps.simulators.setFaults({ ...NO_FAULTS, lose: 1 });
  const db = openAurora(market.config.profile);
  t.onTestFinished(() => db.destroy());
  return { market, db, staff: await market.user("staff", "operator", "support") };
}

/** Plays one sequence with people and publications of its own; throws where model and stores part. */
export async function playSequence(stage: Stage, name: string, steps: readonly Step[]) {
  const world = await newWorld(stage, name);
  for (const [index, step] of steps.entries()) {
    const where = `step ${index + 1} ${JSON.stringify(step)}`;
    await playStep(world, step, where);
    await compare(world, where);
  }
  return world.reached;
}

type World = Awaited<ReturnType<typeof newWorld>>;

async function newWorld(stage: Stage, name: string) {
  const { market } = stage;
  const seller = await market.user(`seller-${name}`);
  const buyers = [await market.user(`beto-${name}`), await market.user(`carla-${name}`)];
  const publications = [];
  for (let n = 0; n < PUBLICATIONS; n += 1) {
    const { id } = await market.publication(seller, { stock: STOCK });
    publications.push({ id, stock: STOCK, state: "active" });
  }
  const orders: ModelOrder[] = [];
  return {
    ...stage,
    name,
    seller,
    buyers,
    publications,
    orders,
    bought: 0,
    reached: new Set<string>(),
  };
}

async function playStep(world: World, step: Step, where: string): Promise<void> {
  switch (step.kind) {
    case "buy":
      return playBuy(world, step, where);
    case "publication":
      return playPublication(world, step, where);
    case "advance":
    case "reconcile":
      return playNews(world, step, where);
    default:
      return playOrder(world, step, where);
  }
}

/** Gives the code of a refusal, or nothing when it was done. Anything but a refusal is a bug. */
async function attempt(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof MktError && !hasCode(error, "unavailable")) return error.code;
    throw error;
  }
}

function ensure(holds: boolean, where: string, what: string): void {
  if (!holds) throw new Error(`${where}: ${what}`);
}

async function playBuy(world: World, step: Step & { kind: "buy" }, where: string): Promise<void> {
  const publication = world.publications[step.publication % world.publications.length];
  const buyer = world.buyers[step.buyer];
  if (!publication || !buyer) return;
  const { quantity } = step;
  world.bought += 1;
  const wanted = [{ publication: publication.id, quantity }];
  const request = { actor: buyer, key: `${world.name} ${world.bought}`, wanted, shipTo: null };
  const { deps } = world.market;
  let made: Awaited<ReturnType<typeof buy>> | undefined;
  const code = await attempt(async () => {
    made = await buy(request, deps);
  });
  const expected =
    publication.state !== "active"
      ? "conflict"
      : publication.stock < quantity
        ? "out_of_stock"
        : undefined;
  ensure(code === expected, where, `gave ${code}, not ${expected}`);
  const order = made?.orders[0];
  if (!order) return;
  publication.stock -= quantity;
  world.orders.push({
    id: order.id,
    buyer: step.buyer,
    publication: step.publication % world.publications.length,
    quantity,
    totalMinor: order.totalMinor,
    state: "reserved",
    deliveredAt: null,
    reviewed: null,
  });
}

async function playPublication(
  world: World,
  { publication: index, event }: Step & { kind: "publication" },
  where: string,
): Promise<void> {
  const publication = world.publications[index % world.publications.length];
  if (!publication) return;
  const { deps } = world.market;
  const code = await attempt(() =>
    changePublicationState({ actor: world.seller, publication: publication.id, event }, deps),
  );
  const from = { pause: ["active"], resume: ["paused"], close: ["active", "paused"] }[event];
  const to = { pause: "paused", resume: "active", close: "closed" }[event];
  const possible = from.includes(publication.state);
  const repeated = publication.state === to;
  ensure(repeated || (code === undefined) === possible, where, `gave ${code}`);
  if (code === undefined) publication.state = to;
}

async function standingOf(
  world: World,
  order: ModelOrder,
): Promise<
  Standing & {
    paymentId?: string;
    shipmentId?: string;
    providerPaymentId?: string;
    providerShipmentId?: string;
  }
> {
  const { deps } = world.market;
  const payments = await deps.payments.ofOrder(order.id);
  const payment = payments.findLast(({ late }) => !late) ?? payments.at(-1);
  const shipment = (await deps.shipments.ofOrder(order.id)).at(-1);
  const theirPayment = payment?.providerId
    ? await deps.paymentProvider.getPayment(payment.providerId)
    : undefined;
  const theirShipment = shipment?.providerId
    ? await deps.shippingProvider.getShipment(shipment.providerId)
    : undefined;
  const refunds = payment ? await deps.payments.refundsOf([payment.id]) : [];
  return {
    now: deps.now(),
    payment: payment && {
      state: payment.state,
      theirs: theirPayment?.state ?? null,
      late: payment.late,
      grantedMinor: refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
      owes: refunds.some(({ state }) => state === "failed"),
      asks:
        payment.state === "in_process" &&
        theirPayment?.state === "in_process" &&
        theirPayment.nextActionUrl !== null,
    },
    shipment: shipment && {
      state: shipment.state,
      theirs: theirShipment?.state ?? null,
      restocked: shipment.restockedAt !== null,
      scanned: (theirShipment?.scans.length ?? 0) > 0 || shipment.state === "shipped",
    },
    ...(payment && { paymentId: payment.id }),
    ...(shipment && { shipmentId: shipment.id }),
    ...(payment?.providerId && { providerPaymentId: payment.providerId }),
    ...(shipment?.providerId && { providerShipmentId: shipment.providerId }),
  };
}

async function playOrder(
  world: World,
  step: Exclude<Step, { kind: "buy" | "publication" | "advance" | "reconcile" }>,
  where: string,
): Promise<void> {
  const order =
    world.orders[world.orders.length - 1 - (step.order % Math.max(1, world.orders.length))];
  if (!order) return;
  const standing = await standingOf(world, order);
  const expected = expectationOf(step, order, standing);
  const code = await attempt(() => perform(world, step, order, standing));
  ensure(
    expected.outcome === "either" || (expected.outcome === "refused") === (code !== undefined),
    `${where} on ${describe(order, standing)}`,
    `gave ${code ?? "no refusal"}, expected ${expected.outcome}`,
  );
  const now = await world.market.deps.orders.find(order.id);
  ensure(
    now !== undefined && expected.states.includes(now.state),
    `${where} on ${describe(order, standing)}`,
    `led to ${now?.state} (${code ?? "done"}), expected ${expected.states.join(" or ")}`,
  );
  const publication = world.publications[order.publication];
  const isFirst = !standing.shipment?.restocked;
  if (step.kind === "restock" && code === undefined && isFirst && publication)
    publication.stock += order.quantity;
  if (step.kind === "review" && code === undefined) order.reviewed = step.conforms;
  follow(world, order, now?.state ?? "", now?.deliveredAt ?? null);
}

function describe(order: ModelOrder, { payment, shipment }: Standing): string {
  return JSON.stringify({ state: order.state, delivered: order.deliveredAt, payment, shipment });
}

/** The model goes along: an order that is over gives its stock back. */
function follow(world: World, order: ModelOrder, state: string, deliveredAt: string | null): void {
  const over = (one: string) => one === "cancelled" || one === "expired";
  const publication = world.publications[order.publication];
  if (publication && over(state) && !over(order.state)) publication.stock += order.quantity;
  order.state = state;
  order.deliveredAt = deliveredAt;
}

async function perform(
  world: World,
  step: Step,
  order: ModelOrder,
  standing: Awaited<ReturnType<typeof standingOf>>,
): Promise<unknown> {
  const { market, staff, seller } = world;
  const { deps } = market;
  const buyer = world.buyers[order.buyer] ?? staff;
  const { id } = order;
  const payment = standing.paymentId ?? "";
  const shipment = standing.shipmentId ?? "";
  const reason = "the model says so";
  switch (step.kind) {
    case "pay": {
      const authorize = step.authorize;
      return pay({ actor: buyer, target: id, card: step.card, waitMs: 0, authorize }, deps);
    }
    case "confirm":
      if (!payment) throw new MktError("not_found", "there is no payment");
      return confirmPayment({ actor: buyer, payment, waitMs: 0 }, deps);
    case "capture":
      if (!payment) throw new MktError("not_found", "there is no payment");
      return capturePayment({ actor: seller, payment }, deps);
    case "provider-payment":
      return atProvider(() => actOnPayment(world, step.act, standing.providerPaymentId));
    case "provider-shipment":
      return atProvider(() => actOnShipment(world, step.act, standing.providerShipmentId));
    case "payment-webhook":
      for (const one of await deps.payments.ofOrder(id)) await settlePayment(one.id, deps);
      return undefined;
    case "shipment-webhook":
      for (const one of await deps.shipments.ofOrder(id)) await settleShipment(one.id, deps);
      return undefined;
    case "cancel":
      return cancelOrder({ actor: { buyer, seller, staff }[step.by], order: id, reason }, deps);
    case "ship":
      return ship({ actor: seller, order: id, handedOver: step.handedOver }, deps);
    case "restock":
      if (!shipment) throw new MktError("not_found", "there is no shipment");
      return restock({ actor: seller, shipment }, deps);
    case "review": {
      const { conforms } = step;
      const rating = conforms ? 5 : 1;
      const what = { actor: buyer, order: id, lineNumber: 1, conforms, rating, text: reason };
      return review(what, deps);
    }
    case "dispute": {
      const disputed = step.received ? "not_as_described" : "not_received";
      return openDispute({ actor: buyer, order: id, reason: disputed, note: reason }, deps);
    }
    case "resolve": {
      const note = reason;
      const refund = step.how === "part" ? { amount: PART } : {};
      const how = step.how === "dismiss" ? { dismiss: true } : { refund };
      return resolveDispute({ actor: staff, order: id, note, ...how }, deps);
    }
    case "refund":
      if (!payment) throw new MktError("not_found", "there is no payment");
      return refundPayment(
        { actor: staff, payment, reason, ...(!step.whole && { amount: PART }) },
        deps,
      );
    default:
      throw new Error(`${step.kind} is not about an order`);
  }
}

/** What the provider refuses has not happened: nothing is expected of it here. */
async function atProvider(act: () => Promise<unknown>): Promise<void> {
  await act().catch((error: unknown) => {
    if (!hasCode(error, "illegal_transition") && !hasCode(error, "declined")) throw error;
  });
}

async function actOnPayment(world: World, act: string, id: string | undefined): Promise<unknown> {
  if (!id) return undefined;
  const { simulators } = world.market.deps;
  const acts: Record<string, () => Promise<unknown>> = {
    approve: () => simulators.approvePayment(id),
    reject: () => simulators.rejectPayment(id),
    "charge back": () => simulators.chargeBackPayment(id),
    win: () => simulators.winChargeback(id),
    lose: () => simulators.loseChargeback(id),
  };
  return acts[act]?.();
}

async function actOnShipment(world: World, act: string, id: string | undefined): Promise<unknown> {
  if (!id) return undefined;
  const { simulators } = world.market.deps;
  const acts: Record<string, () => Promise<unknown>> = {
    scan: () => simulators.scanShipment(id),
    deliver: () => simulators.deliverShipment(id),
    fail: () => simulators.failDelivery(id),
    lose: () => simulators.loseShipment(id),
    return: () => simulators.returnShipment(id),
  };
  return acts[act]?.();
}

/** Time passes, or the providers are asked about everything: orders go where they may go alone. */
async function playNews(
  world: World,
  step: Step & { kind: "advance" | "reconcile" },
  where: string,
): Promise<void> {
  const { market, staff } = world;
  if (step.kind === "advance") await market.advance({ minutes: step.minutes });
  else for await (const _ of reconcile({ actor: staff }, market.deps));
  for (const order of world.orders) {
    const now = await market.deps.orders.find(order.id);
    const may = reachableAlone(order.state);
    ensure(now !== undefined && may.has(now.state), where, `${order.state} became ${now?.state}`);
    follow(world, order, now?.state ?? "", now?.deliveredAt ?? null);
  }
  if (step.kind === "advance") await ensureNothingOverdue(world, where);
}

async function ensureNothingOverdue(world: World, where: string): Promise<void> {
  const now = world.market.deps.now();
  const { rows } = await sql<{ id: string; state: string }>`
    select id, state from "order" o where seller_id = ${world.seller.userId} and (
      (state = 'reserved' and reserved_until < ${now} and not exists (select from payment p
        where p.order_id = o.id and p.state in ('created', 'in_process', 'authorized') and not late))
      or (state = 'paid' and paid_at + interval '7 days' < ${now}
        and not exists (select from shipment s where s.order_id = o.id and s.state = 'shipped'))
      or (state = 'shipped' and coalesce(estimated_delivery_at, shipped_at) + interval '21 days' < ${now})
      or (state = 'delivered' and delivered_at + interval '14 days' < ${now}))
    union all select p.id, p.state from payment p join "order" o on o.id = p.order_id
      where o.seller_id = ${world.seller.userId}
      and p.state in ('created', 'in_process', 'authorized') and p.deadline_at < ${now}`.execute(
    world.db,
  );
  ensure(rows.length === 0, where, `overdue: ${JSON.stringify(rows)}`);
}

/** The model and the stores say the same, and every law holds. */
async function compare(world: World, where: string): Promise<void> {
  const { deps } = world.market;
  for (const { id, stock, state } of world.publications) {
    const [row] = await deps.publications.findMany([id]);
    ensure(row?.stock === stock, where, `stock is ${row?.stock}, the model has ${stock}`);
    ensure(row?.state === state, where, `publication is ${row?.state}, the model has ${state}`);
  }
  const broken = await brokenLaws(world.db, [world.seller.userId]);
  ensure(broken.length === 0, where, broken.join("; "));
  for (const { state } of world.orders) world.reached.add(state);
}
