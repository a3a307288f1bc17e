import type { PastCard } from "../past/past-money.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./calendar.ts";
import { type Dice, diceOf } from "./dice.ts";
import type { Plant, PlantedTruth } from "./plants.ts";
import { beginOrder, send, settle } from "./sale-story.ts";
import { cardOf, saleOf, type Telling } from "./telling.ts";
import type { SeedPublication } from "./world.ts";

/** Sellers of a collusion, if so many are in the group. */
const COLLUDING_SELLERS = 3;
const LASTS_DAYS = 25;

/** Tells of one piece of fraud among the publications of a group, and says what it was. */
export function tellPlant(plant: Plant, telling: Telling): PlantedTruth {
  const { world } = telling;
  const dice = diceOf(`${world.run}:${plant.kind}:${plant.number}:story`);
  const { users } = world.parameters;
  const planted = world.plants.reduce((sum, { accounts }) => sum + accounts, 0);
  const accounts = Array.from(
    { length: plant.accounts },
    (_, index) => users - planted + plant.firstAccount + index,
  );
  const { startMs, endMs } = world.calendar;
  const beginMs = Math.floor(startMs + plant.begins * (endMs - startMs));
  // What is used must have been there by then.
  const offers = telling.offers.filter(({ createdMs }) => createdMs <= beginMs);
  const sold = offers.length > 0 ? offers : telling.offers;
  const story = { plant, telling, dice, accounts, beginMs, offers: sold };
  switch (plant.kind) {
    case "fraud_ring":
      return ring(story);
    case "wash_trading":
      return washing(story);
    case "collusion":
      return collusion(story);
  }
}

interface Story {
  plant: Plant;
  telling: Telling;
  dice: Dice;
  accounts: readonly number[];
  beginMs: number;
  offers: readonly SeedPublication[];
}

/** New accounts with the same few cards and one address buy dear things, are refused, try again, and complain. */
function ring({ plant, telling, dice, accounts, beginMs, offers }: Story): PlantedTruth {
  const dear = offers.toSorted((a, b) => b.priceMinor - a.priceMinor).slice(0, 5);
  const cards = [0, 1].map(
    (number): PastCard => ({
      brand: "visa",
      lastFour: `66${plant.number % 10}${number}`,
      instrument: `card-ring-${plant.number}-${number}`,
    }),
  );
  const truth = truthOf(plant, accounts, telling);
  for (let order = 0; order < plant.orders; order++) {
    const buyer = accounts[order % accounts.length] ?? 0;
    const placedMs = timeOf(order, plant.orders, beginMs, dice, dear, telling);
    const offer = dice.pick(dear);
    const card = dice.pick(cards);
    const story = begin({ buyer, placedMs, offer, quantity: 1 }, telling, truth);
    const { past, after } = story;
    const isRefused = dice.chance(0.6);
    if (isRefused) {
      after(dice.between(5, 20) * 1_000, (at) => past.openPayment(at, dice.pick(cards)));
      after(dice.between(5, 20) * 1_000, (at) => past.decline(at, "high_risk"));
    }
    const arrives =
      after(dice.between(10, 60) * 1_000, (at) => past.openPayment(at, card)) &&
      after(dice.between(5, 30) * 1_000, (at) => past.pay(at)) &&
      send(story, {
        labelMs: dice.between(2, 20) * HOUR_MS,
        handMs: dice.between(1, 9) * HOUR_MS,
        carrier: "Rapido",
      });
    const note = dice.pick(telling.world.words.notReceived);
    const buyerName = `user:${telling.world.userId(buyer)}`;
    if (arrives) {
      const isThere =
        dice.chance(0.6) && after(dice.between(1, 4) * DAY_MS, (at) => past.deliver(at));
      const reason = isThere ? "not_as_described" : "not_received";
      if (after(dice.between(1, 5) * DAY_MS, (at) => past.dispute(at, reason, buyerName, note)))
        settle(story, dice, telling.world);
    }
    past.playTimers(telling.world.parameters.until);
  }
  return truth;
}

/** A small seller's own accounts buy and praise what the seller offers. */
function washing({ plant, telling, dice, accounts, beginMs, offers }: Story): PlantedTruth {
  const seller = offers.at(-1)?.seller ?? 0;
  const own = offers.filter((offer) => offer.seller === seller).slice(0, 4);
  const truth = truthOf(plant, [seller, ...accounts], telling);
  for (let order = 0; order < plant.orders; order++) {
    const buyer = accounts[order % accounts.length] ?? 0;
    const placedMs = timeOf(order, plant.orders, beginMs, dice, own, telling);
    const sale = { buyer, placedMs, offer: dice.pick(own), quantity: 1 + dice.below(2) };
    praise(sale, cardOf(accounts[0] ?? 0), telling, dice, truth);
  }
  return truth;
}

/** Sellers and reviewers give each other five stars. */
function collusion({ plant, telling, dice, accounts, beginMs, offers }: Story): PlantedTruth {
  const sellers = [...new Set(offers.map(({ seller }) => seller))].slice(-COLLUDING_SELLERS);
  const own = sellers.map((seller) => offers.filter((offer) => offer.seller === seller));
  const truth = truthOf(plant, [...sellers, ...accounts], telling);
  for (let order = 0; order < plant.orders; order++) {
    const round = order % sellers.length;
    const sold = own[round] ?? offers;
    const others = [...sellers, ...accounts].filter((user) => user !== sellers[round]);
    const buyer = others[order % others.length] ?? 0;
    const cheap = sold.toSorted((a, b) => a.priceMinor - b.priceMinor).slice(0, 3);
    const placedMs = timeOf(order, plant.orders, beginMs, dice, cheap, telling);
    const sale = { buyer, placedMs, offer: dice.pick(cheap), quantity: 1 };
    praise(sale, cardOf(buyer), telling, dice, truth);
  }
  return truth;
}

interface PlantedSale {
  buyer: number;
  placedMs: number;
  offer: SeedPublication;
  quantity: number;
}

function praise(
  sale: PlantedSale,
  card: PastCard,
  telling: Telling,
  dice: Dice,
  truth: PlantedTruth,
): void {
  const story = begin(sale, telling, truth);
  const { past, after } = story;
  const text = dice.pick(telling.world.words.reviews[4] ?? [""]);
  const isHere =
    after(dice.between(1, 4) * MINUTE_MS, (at) => past.openPayment(at, card)) &&
    after(dice.between(5, 40) * 1_000, (at) => past.pay(at)) &&
    send(story, {
      labelMs: dice.between(1, 4) * HOUR_MS,
      handMs: dice.between(1, 3) * HOUR_MS,
      carrier: "Rapido",
    }) &&
    after(dice.between(0.5, 1.5) * DAY_MS, (at) => past.deliver(at));
  if (isHere)
    after(dice.between(1, 20) * MINUTE_MS, (at) =>
      past.review(at, 0, { conforms: true, rating: 5, text }),
    );
  past.playTimers(telling.world.parameters.until);
}

function begin(
  { buyer, placedMs, offer, quantity }: PlantedSale,
  telling: Telling,
  truth: PlantedTruth,
) {
  telling.visits.straightTo(buyer, offer, placedMs);
  const purchaseId = telling.purchase(buyer, placedMs);
  const sale = saleOf(purchaseId, buyer, placedMs, [{ offer, quantity }], telling);
  const story = beginOrder(sale, telling.rows, telling.newId, telling.world);
  truth.orderIds.push(story.past.order.id);
  if (!truth.publicationIds.includes(offer.id)) truth.publicationIds.push(offer.id);
  return story;
}

const truthOf = (plant: Plant, users: readonly number[], { world }: Telling): PlantedTruth => ({
  kind: plant.kind,
  userIds: users.map(world.userId),
  orderIds: [],
  publicationIds: [],
});

/** One after the other within some weeks, before the world ends, and of things that are on offer. */
function timeOf(
  order: number,
  orders: number,
  beginMs: number,
  dice: Dice,
  offers: readonly SeedPublication[],
  { world }: Telling,
): number {
  const { startMs, endMs } = world.calendar;
  const earliest = Math.max(beginMs, ...offers.map(({ createdMs }) => createdMs));
  const lasts = Math.min(LASTS_DAYS * DAY_MS, (endMs - Math.max(startMs, earliest)) * 0.8);
  return Math.floor(earliest + (lasts * (order + dice.unit())) / orders);
}
