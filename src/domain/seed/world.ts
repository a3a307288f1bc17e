import { idFrom } from "../ids.ts";
import type { PublicationDocument } from "../publication.ts";
import { type Calendar, calendarOf, DAY_MS, HOUR_MS, MINUTE_MS, runningSums } from "./calendar.ts";
import { CATEGORIES, type CategoryFacts } from "./categories.ts";
import { type Dice, diceOf, exponential, positionIn } from "./dice.ts";
import { type Findable, findableOf } from "./findable.ts";
import { checkParameters, runOf, type SeedParameters, sourceOf } from "./parameters.ts";
import { type Plant, plantsOf } from "./plants.ts";
import { priceMinor, unitsMinor } from "./prices.ts";
import { quotasOf, type SeedGroup } from "./shares.ts";
import { BRANDS, WORDS, type Words } from "./words.ts";

export interface SeedUser {
  id: string;
  name: string;
  email: string;
  address: string;
  region: string;
  createdMs: number;
}

export interface SeedCategory extends CategoryFacts {
  id: string;
  name: string;
  createdMs: number;
  things: readonly string[];
  kinds: readonly string[];
}

/** How a seller works. */
export interface SellerTraits {
  /** From 0 to 1: what reviews come to. */
  quality: number;
  /** From payment to the carrier. */
  handlingHours: number;
  /** From order to the promised delivery. */
  promiseDays: number;
  /** How likely a parcel is late. */
  lateness: number;
}

export interface SeedPublication {
  id: string;
  /** Index of its seller. */
  seller: number;
  category: SeedCategory;
  createdMs: number;
  priceMinor: number;
  shippingMinor: number;
  made: SeedThing;
  document: PublicationDocument;
}

/** What is sold, in words. */
export interface SeedThing {
  thing: string;
  kind: string;
  brand: string;
  detail: string;
}

/** A world: everything in it follows from its parameters, each thing by itself, in any order. */
export interface World {
  parameters: SeedParameters;
  run: string;
  source: string;
  calendar: Calendar;
  words: Words;
  categories: readonly SeedCategory[];
  groups: readonly SeedGroup[];
  plants: readonly Plant[];
  /** Who decides disputes: a user like any other, without a role. */
  supportId: string;
  userId(index: number): string;
  user(index: number): SeedUser;
  joinedMs(index: number): number;
  /** Somebody who was there at a time and is none of these. */
  buyerAt(dice: Dice, ms: number, others: readonly number[]): number;
  sellerTraits(index: number): SellerTraits;
  sellerOf(publication: number): number;
  publication(index: number): SeedPublication;
  /** How often it is bought first in an order. */
  quotaOf(publication: number): number;
  /** How many rows somebody saw who searched for words at a time. */
  found: Findable;
}

/** Users come first, then sellers publish: so long before the world begins. */
const PAST_DAYS = 700;
const SELLERS_SHARE = 0.08;
const BUYER_TRIES = 12;
const SUPPORT = 0;

export function worldOf(parameters: SeedParameters): World {
  checkParameters(parameters);
  const { users, publications, orders, language, currency } = parameters;
  const run = runOf(parameters);
  const calendar = calendarOf(parameters);
  const words = WORDS[language];
  const plants = plantsOf(run, parameters);
  const accounts = plants.reduce((sum, plant) => sum + plant.accounts, 0);
  const sellers = Math.max(
    2,
    Math.min(Math.round(users * SELLERS_SHARE), Math.ceil(publications / 2)),
  );
  const categories = categoriesOf(run, words, calendar);
  const categorySums = runningSums(categories.map(({ weight }) => weight));

  const created = new Float64Array(users);
  const activity = new Float64Array(users);
  const ids: string[] = [];
  for (let index = 0; index < users; index++) {
    const account = index - (users - accounts);
    const dice = diceOf(`${run}:user:${index}`);
    const createdMs =
      account >= 0
        ? accountTime(plants, account, calendar, dice)
        : userTime(dice, index <= sellers, calendar);
    created[index] = createdMs;
    ids.push(idFrom(`${run}:user-id:${index}`, createdMs));
    // Few buy much: those who draw near nothing.
    if (index !== SUPPORT && account < 0) activity[index] = 1 / (0.03 + dice.unit());
  }
  const buyers = runningSums(activity);
  const allBuyers = buyers[users - 1] ?? 0;

  const ends = publicationEnds(publications, sellers);
  const createdPublications = new Float64Array(publications);
  for (let index = 0; index < publications; index++)
    createdPublications[index] = publicationTime(diceOf(`${run}:offer:${index}`), calendar);
  const planted = plants.reduce((sum, plant) => sum + plant.orders, 0);
  const { quotas, groups } = quotasOf({
    orders: orders - planted,
    ends,
    freshness: (index) =>
      (calendar.endMs - (createdPublications[index] ?? 0)) / (calendar.endMs - calendar.startMs),
    plants,
    run,
  });

  const wasThere = (index: number, ms: number) =>
    (created[index] ?? 0) <= ms && (activity[index] ?? 0) > 0;
  const user = (index: number): SeedUser => {
    const dice = diceOf(`${run}:person:${index}`);
    const first = dice.pick(words.firstNames);
    const last = dice.pick(words.surnames);
    const name = `${first} ${last}`;
    const mail = `${plain(first)}.${plain(last)}.${index}@seed-${run}.example`;
    const own = homeOf(dice, words);
    const account = index - (users - accounts);
    const home = account >= 0 ? (sharedHome(plants, account, run, words) ?? own) : own;
    return { id: ids[index] ?? "", name, email: mail, ...home, createdMs: created[index] ?? 0 };
  };
  const sellerOf = (publication: number) => 1 + positionIn(ends, publication);
  const publicationOf = (index: number): SeedPublication => {
    const seller = sellerOf(index);
    const dice = diceOf(`${run}:publication:${index}`);
    const main = positionIn(
      categorySums,
      diceOf(`${run}:trade:${seller}`).unit() * lastOf(categorySums),
    );
    const other = positionIn(categorySums, dice.unit() * lastOf(categorySums));
    const category = categories[dice.chance(0.75) ? main : other];
    if (!category) throw new RangeError("there is no such category");
    const createdMs = createdPublications[index] ?? 0;
    const usd = category.priceUsd * exponential(category.spread * dice.normal());
    const free = usd > 150 || dice.chance(0.3);
    return {
      id: idFrom(`${run}:publication-id:${index}`, createdMs),
      seller,
      category,
      createdMs,
      priceMinor: priceMinor(usd, currency),
      shippingMinor: free ? 0 : unitsMinor(dice.between(1.5, 7), currency),
      ...documentOf(dice, category, words, language),
    };
  };
  let findable: Findable | undefined;

  return {
    parameters,
    run,
    source: sourceOf(run),
    calendar,
    words,
    categories,
    groups,
    plants,
    supportId: ids[SUPPORT] ?? "",
    userId: (index) => ids[index] ?? "",
    user,
    joinedMs: (index) => created[index] ?? 0,
    buyerAt: (dice, ms, others) => {
      for (let tries = 0; tries < BUYER_TRIES; tries++) {
        const index = positionIn(buyers, dice.unit() * allBuyers);
        if (wasThere(index, ms) && !others.includes(index)) return index;
      }
      const first = dice.below(users);
      for (let step = 0; step < users; step++) {
        const index = (first + step) % users;
        if (wasThere(index, ms) && !others.includes(index)) return index;
      }
      throw new RangeError("nobody is there to buy");
    },
    sellerTraits: (index) => traitsOf(diceOf(`${run}:seller:${index}`)),
    sellerOf,
    quotaOf: (index) => quotas[index] ?? 0,
    publication: publicationOf,
    found: (text, atMs) => {
      findable ??= findableOf(language, publications, publicationOf);
      return findable(text, atMs);
    },
  };
}

function categoriesOf(run: string, words: Words, { startMs }: Calendar): SeedCategory[] {
  return CATEGORIES.map((facts, index) => {
    const [name = "", things = "", kinds = ""] = (words.categories[index] ?? "").split(":");
    const createdMs = startMs - (PAST_DAYS + 1) * DAY_MS + index * MINUTE_MS;
    return {
      ...facts,
      id: idFrom(`${run}:category:${index}`, createdMs),
      name,
      createdMs,
      things: things.split("|"),
      kinds: kinds.split("|"),
    };
  });
}

/** Whoever sells was there before; of the others every fourth comes while the world goes on. */
function userTime(dice: Dice, isOld: boolean, { startMs, endMs }: Calendar): number {
  const isNew = dice.chance(0.25) && !isOld;
  return Math.floor(
    isNew
      ? dice.between(startMs, endMs - DAY_MS)
      : dice.between(startMs - PAST_DAYS * DAY_MS, startMs - 90 * DAY_MS),
  );
}

function publicationTime(dice: Dice, { startMs, endMs }: Calendar): number {
  if (dice.chance(0.4)) return Math.floor(startMs - dice.unit() * 85 * DAY_MS);
  const late = dice.unit();
  return Math.floor(startMs + late * late * 0.9 * (endMs - startMs));
}

/** The accounts of a plant come within days of each other. */
function accountTime(
  plants: readonly Plant[],
  account: number,
  { startMs, endMs }: Calendar,
  dice: Dice,
): number {
  const plant = plants.find(({ firstAccount, accounts }) => account < firstAccount + accounts);
  const begin = startMs + (plant?.begins ?? 0) * (endMs - startMs);
  return Math.floor(begin - dice.between(1, 48) * HOUR_MS);
}

type Home = Pick<SeedUser, "address" | "region">;

function homeOf(dice: Dice, { streets, cities, regions }: Words): Home {
  const street = dice.pick(streets);
  const number = 1 + dice.below(4_000);
  const city = dice.below(cities.length);
  return { address: `${street} ${number}, ${cities[city]}`, region: regions[city] ?? "" };
}

function sharedHome(
  plants: readonly Plant[],
  account: number,
  run: string,
  words: Words,
): Home | undefined {
  const plant = plants.find(({ firstAccount, accounts }) => account < firstAccount + accounts);
  if (!plant || plant.kind === "collusion") return undefined;
  return homeOf(diceOf(`${run}:${plant.kind}:${plant.number}:address`), words);
}

function traitsOf(dice: Dice): SellerTraits {
  const bad = dice.unit();
  return {
    quality: 1 - 0.35 * bad * bad,
    handlingHours: 4 + 60 * dice.unit() * dice.unit(),
    promiseDays: 4 + dice.below(9),
    lateness: 0.02 + 0.14 * dice.unit() * dice.unit(),
  };
}

/** Where each seller's publications end: the first sellers offer the most, everybody something. */
function publicationEnds(publications: number, sellers: number): Float64Array {
  const ends = new Float64Array(sellers);
  let weights = 0;
  for (let seller = 0; seller < sellers; seller++) weights += 1 / (seller + 4);
  const free = publications - sellers;
  let sum = 0;
  for (let seller = 0; seller < sellers; seller++) {
    sum += 1 / (seller + 4);
    ends[seller] = seller + 1 + Math.floor((free * sum) / weights);
  }
  ends[sellers - 1] = publications;
  return ends;
}

function documentOf(
  dice: Dice,
  category: SeedCategory,
  words: Words,
  language: PublicationDocument["language"],
): Pick<SeedPublication, "made" | "document"> {
  const thing = favourite(category.things, dice);
  const kind = favourite(category.kinds, dice);
  const [brand, detail] = [dice.pick(BRANDS), dice.pick(words.details)];
  const title = words.title(thing, kind, brand, detail);
  const about = dice.pick(words.descriptions).replace("{}", `${thing}`);
  const description = `${about} ${dice.pick(words.assurances)}`;
  const document = { title, description, language, keywords: "", images: [] };
  return { made: { thing, kind, brand, detail }, document };
}

/** The first of a list are the most common. */
function favourite(values: readonly string[], dice: Dice): string {
  const draw = dice.unit();
  return values[Math.floor(draw * draw * values.length)] ?? "";
}

function plain(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/[^A-Za-z]/g, "")
    .toLowerCase();
}

const lastOf = (sums: Float64Array) => sums[sums.length - 1] ?? 0;
