import type { IdMaker } from "../ids.ts";
import type { PastCard } from "../past/past-money.ts";
import type { PastLine, PastOrder } from "../past/past-order.ts";
import { pastOrder } from "../past/past-order.ts";
import type { PastRows } from "../past/rows.ts";
import { DAY_MS, HOUR_MS, isoOf, MINUTE_MS } from "./calendar.ts";
import type { Dice } from "./dice.ts";
import type { SellerTraits, World } from "./world.ts";

/** A sale to be told: who buys what of whom, and how the seller works. */
export interface Sale {
  purchaseId: string;
  buyerId: string;
  /** Where it goes. */
  region: string;
  sellerId: string;
  placedMs: number;
  lines: readonly PastLine[];
  card: PastCard;
  traits: SellerTraits;
}

const SECOND_MS = 1_000;
const REASONS = [
  "insufficient_funds",
  "insufficient_funds",
  "card_declined",
  "card_declined",
  "expired_card",
  "bad_security_code",
  "high_risk",
  "call_for_authorize",
];
const CARRIERS = ["Correo Sur", "Rapido", "Postal Norte"];
const TICKET: PastCard = { brand: "ticket", lastFour: "0000", instrument: "ticket" };

/** Steps of an order on their way, until the world ends: then the order stays as it is. */
export interface OrderStory {
  past: PastOrder;
  /** Takes a step some time after the last one, if the world lasts until then. */
  after(ms: number, step: (moment: { at: string }) => void): boolean;
  /** Whether the world lasts so much longer, and a second for each of a few steps. */
  lasts(ms: number): boolean;
  nowMs(): number;
}

/** Begins an order: it is placed, and nothing else. */
export function beginOrder(sale: Sale, rows: PastRows, newId: IdMaker, world: World): OrderStory {
  const { placedMs, traits, lines, purchaseId, buyerId, sellerId, region } = sale;
  let nowMs = placedMs;
  const past = pastOrder(
    {
      purchaseId,
      buyerId,
      sellerId,
      lines,
      region,
      currency: world.parameters.currency,
      externalId: null,
      sourceStatus: null,
      timeZone: null,
      flags: ["seeded"],
      estimatedDeliveryAt: isoOf(placedMs + traits.promiseDays * DAY_MS),
    },
    { at: isoOf(placedMs) },
    rows,
    newId,
  );
  return {
    past,
    nowMs: () => nowMs,
    lasts: (ms) => nowMs + ms + MINUTE_MS <= world.calendar.endMs,
    after: (ms, step) => {
      const at = nowMs + Math.max(SECOND_MS, Math.floor(ms));
      if (at > world.calendar.endMs) return false;
      nowMs = at;
      step({ at: isoOf(at) });
      return true;
    },
  };
}

/** An ordinary order, from its first minute to the end of the world. */
export function tellSale(
  sale: Sale,
  dice: Dice,
  rows: PastRows,
  newId: IdMaker,
  world: World,
): PastOrder {
  const story = beginOrder(sale, rows, newId, world);
  if (
    pay(story, sale, dice) &&
    dispatch(story, sale, dice, world) &&
    travel(story, sale, dice, world)
  )
    receive(story, sale, dice, world);
  story.past.playTimers(world.parameters.until);
  return story.past;
}

/** True when it is paid, and stays so. */
function pay({ past, after }: OrderStory, sale: Sale, dice: Dice): boolean {
  const { card, buyerId } = sale;
  const buyer = `user:${buyerId}`;
  const fate = dice.unit();
  if (fate < 0.025) return false;
  if (fate < 0.04)
    return after(dice.between(1, 12) * MINUTE_MS, (at) => past.cancel(at, buyer)) && false;
  if (fate < 0.055)
    return after(dice.between(1, 8) * MINUTE_MS, (at) => past.openPayment(at, TICKET)) && false;

  const way = dice.unit();
  const used = way > 0.93 ? TICKET : card;
  if (!after(dice.between(20, 200) * SECOND_MS, (at) => past.openPayment(at, used))) return false;
  if (used === card && dice.chance(0.07)) {
    const reason = dice.pick(REASONS);
    if (!after(dice.between(3, 40) * SECOND_MS, (at) => past.decline(at, reason, used)))
      return false;
    if (dice.chance(0.3)) return false;
    const again = { ...card, lastFour: "7310", instrument: `${card.instrument}-2` };
    const isSame = dice.chance(0.4);
    const retry = isSame ? card : again;
    if (!after(dice.between(40, 400) * SECOND_MS, (at) => past.openPayment(at, retry)))
      return false;
  }
  // Half of those who are not approved at once wait for longer than a reservation lasts.
  const waits =
    used === TICKET
      ? dice.between(1, 55) * HOUR_MS
      : way < 0.25
        ? dice.between(15, 55) * MINUTE_MS
        : dice.between(4, 90) * SECOND_MS;
  if (!after(waits, (at) => past.pay(at))) return false;
  if (!dice.chance(0.02)) return true;
  const actor = dice.chance(0.6) ? buyer : `user:${sale.sellerId}`;
  return after(dice.between(0.3, 40) * HOUR_MS, (at) => past.cancel(at, actor)) && false;
}

/** True when the carrier has it. Who never sends it is left to the timer. */
function dispatch(story: OrderStory, { traits }: Sale, dice: Dice, world: World): boolean {
  const { past, after } = story;
  if (dice.chance(0.008)) return false;
  const labelMs = Math.min(traits.handlingHours * dice.between(0.4, 1.4) * HOUR_MS, 5 * DAY_MS);
  const handMs = dice.between(1, 22) * HOUR_MS;
  const carrier = dice.pick(CARRIERS);
  const trackingCode = `SD${String(Math.floor(dice.unit() * 1e9)).padStart(9, "0")}`;
  if (dice.chance(0.996)) return send(story, { labelMs, handMs, carrier, trackingCode });
  const support = `user:${world.supportId}`;
  const isOff = story.lasts(labelMs + handMs);
  if (isOff) {
    after(labelMs, (at) => past.label(at, carrier, trackingCode));
    after(handMs, (at) => past.cancel(at, support));
  }
  return false;
}

/**
 * Gives the parcel to a carrier. Where the world ends before, nobody has bought a label either: such an order
 * can be sent like any other.
 */
export function send(
  { past, after, lasts }: OrderStory,
  {
    labelMs,
    handMs,
    carrier,
    trackingCode = null,
  }: { labelMs: number; handMs: number; carrier: string; trackingCode?: string | null },
): boolean {
  if (!lasts(labelMs + handMs)) return false;
  after(labelMs, (at) => past.label(at, carrier, trackingCode));
  return after(handMs, (at) => past.handOver(at));
}

/** True when it arrives. */
function travel(
  { past, after, nowMs }: OrderStory,
  { placedMs, traits, buyerId }: Sale,
  dice: Dice,
  world: World,
): boolean {
  const support = `user:${world.supportId}`;
  const estimateMs = placedMs + traits.promiseDays * DAY_MS;
  const leftMs = Math.max(DAY_MS, estimateMs - nowMs());
  const fate = dice.unit();
  if (fate < 0.004) {
    const lost = after(leftMs + dice.between(1, 10) * DAY_MS, (at) => past.fail(at, "lose"));
    if (lost && dice.chance(0.9))
      after(dice.between(0.5, 6) * DAY_MS, (at) =>
        past.refundAll(at, support, dice.pick(world.words.refunds)),
      );
    return false;
  }
  if (fate < 0.009) {
    const note = dice.pick(world.words.notReceived);
    const asked = after(leftMs + dice.between(2, 12) * DAY_MS, (at) =>
      past.dispute(at, "not_received", `user:${buyerId}`, note),
    );
    if (asked && dice.chance(0.8))
      after(dice.between(1, 9) * DAY_MS, (at) =>
        past.resolve(at, support, { refundMinor: null }, dice.pick(world.words.refunds)),
      );
    return false;
  }
  const isLate = dice.chance(traits.lateness);
  const late = dice.unit();
  const needsMs = isLate
    ? leftMs + (0.2 + 13 * late * late) * DAY_MS
    : Math.max(6 * HOUR_MS, leftMs * dice.between(0.3, 0.95));
  if (fate > 0.02) return after(needsMs, (at) => past.deliver(at));

  if (!after(needsMs, (at) => past.fail(at, "fail_delivery"))) return false;
  if (dice.chance(0.85))
    return (
      after(dice.between(0.5, 3) * DAY_MS, (at) => past.sendAgain(at)) &&
      after(dice.between(0.5, 4) * DAY_MS, (at) => past.deliver(at))
    );
  if (dice.chance(0.7))
    after(dice.between(4, 12) * DAY_MS, (at) =>
      past.refundAll(at, support, dice.pick(world.words.refunds)),
    );
  return false;
}

/** What the buyer makes of it. */
function receive(story: OrderStory, sale: Sale, dice: Dice, world: World): void {
  const { past, after } = story;
  const support = `user:${world.supportId}`;
  const isLate =
    past.order.deliveredAt !== null && past.order.estimatedDeliveryAt !== null
      ? past.order.deliveredAt > past.order.estimatedDeliveryAt
      : false;
  if (dice.chance(0.006)) {
    after(dice.between(1, 12) * DAY_MS, (at) =>
      past.refundAll(at, support, dice.pick(world.words.refunds)),
    );
    return;
  }
  if (!dice.chance(isLate ? 0.7 : 0.55)) return;
  const waitsMs = dice.between(0.1, 12) * DAY_MS;
  for (const index of past.lines.keys()) {
    const conforms = !dice.chance(0.02 + 0.12 * (1 - sale.traits.quality));
    const rating = conforms ? starsOf(sale.traits.quality, isLate, dice) : 1 + dice.below(2);
    const { complaints, reviews } = world.words;
    const text = conforms ? dice.pick(reviews[rating - 1] ?? [""]) : dice.pick(complaints);
    const wrote = after(index === 0 ? waitsMs : dice.between(20, 90) * SECOND_MS, (at) =>
      past.review(at, index, { conforms, rating, text }),
    );
    if (!wrote) return;
  }
  if (past.order.state === "disputed") settle(story, dice, world);
}

/** What support makes of a complaint; some are still open when the world ends. */
export function settle({ past, after }: OrderStory, dice: Dice, world: World): void {
  if (!dice.chance(0.85)) return;
  const support = `user:${world.supportId}`;
  const fate = dice.unit();
  const part = Math.max(1, Math.floor(past.order.totalMinor * dice.between(0.1, 0.5)));
  after(dice.between(0.5, 8) * DAY_MS, (at) => {
    if (fate < 0.25) past.resolve(at, support, "dismiss", dice.pick(world.words.dismissals));
    else
      past.resolve(
        at,
        support,
        { refundMinor: fate < 0.45 && part < past.order.totalMinor ? part : null },
        dice.pick(world.words.refunds),
      );
  });
}

/** What came late, or from a poor seller, has fewer stars. */
function starsOf(quality: number, isLate: boolean, dice: Dice): number {
  const mean = 3.2 + 1.6 * quality - (isLate ? 1.2 : 0);
  return Math.max(1, Math.min(5, Math.round(mean + 0.8 * dice.normal())));
}
