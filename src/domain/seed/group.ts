import { idsFrom } from "../ids.ts";
import { pastPublication } from "../past/past-things.ts";
import { noRows, type PastRows } from "../past/rows.ts";
import type { Question } from "../question.ts";
import { isoOf } from "./calendar.ts";
import { type Dice, diceOf } from "./dice.ts";
import { tellPlant } from "./fraud-story.ts";
import type { PlantedTruth } from "./plants.ts";
import { questionsAbout } from "./question-story.ts";
import { tellSale } from "./sale-story.ts";
import type { SeedGroup } from "./shares.ts";
import { saleOf, type Telling } from "./telling.ts";
import { visitsOf } from "./visit-story.ts";
import type { SeedPublication, SellerTraits, World } from "./world.ts";

/** Everything of a group: rows as they stand at the world's end, and what is asked there. */
export interface GroupHistory {
  rows: PastRows;
  questions: Question[];
  truth: PlantedTruth[];
}

const PAUSE_EVERY = 40;
/** How many lines an order has, of a thousand. */
const LINES = [0, 860, 960, 990];
const TWO_SELLERS = 0.04;
/** How many look for nothing, for each sale of a publication and for each publication. */
const IDLE_A_SALE = 1.25;
const IDLE_A_PUBLICATION = 0.5;

/**
 * Tells a group of publications with all their sales. It pauses now and then, so that whoever runs it can do
 * other things meanwhile; what it gives at the end follows from the world and the group's number alone, but for
 * categories that go by another id here.
 */
export function* tellGroup(
  world: World,
  group: SeedGroup,
  categoryIds: ReadonlyMap<string, string> = new Map(),
): Generator<undefined, GroupHistory> {
  const name = `${world.run}:group:${group.number}`;
  const dice = diceOf(name);
  const newId = idsFrom(name);
  const rows = noRows();
  const offers: SeedPublication[] = [];
  for (let index = group.first; index < group.end; index++) offers.push(world.publication(index));
  const known = new Map<number, SellerTraits>();
  const traits = (seller: number) => {
    const found = known.get(seller) ?? world.sellerTraits(seller);
    known.set(seller, found);
    return found;
  };
  const purchase = (buyer: number, atMs: number) => {
    const id = newId(atMs);
    const { source, parameters } = world;
    rows.purchase.push({
      id,
      buyerId: world.userId(buyer),
      key: id,
      requestDigest: id.replaceAll("-", ""),
      shipTo: world.user(buyer).address,
      currency: parameters.currency,
      createdAt: isoOf(atMs),
      source,
      externalId: null,
    });
    return id;
  };
  const visits = visitsOf(world, name, rows.activity);
  const telling: Telling = { world, dice, newId, rows, offers, traits, purchase, visits };

  yield* tellSales(telling, group);
  const truth = group.plants.map((plant) => tellPlant(plant, telling));
  const questions = askAll(telling, name);
  const offered = noRows();
  offer(telling, offered, name, categoryIds);
  return {
    rows: {
      ...rows,
      publication: offered.publication,
      publicationCategory: offered.publicationCategory,
      stockMovement: [...offered.stockMovement, ...rows.stockMovement],
      transition: [...offered.transition, ...rows.transition],
      // What is offered comes before what is bought.
      event: [...offered.event, ...rows.event],
    },
    questions,
    truth,
  };
}

function* tellSales(telling: Telling, group: SeedGroup): Generator<undefined, void> {
  const { world, dice, newId, rows, offers, visits } = telling;
  const firsts = shuffled(
    offers.flatMap((offer, index) =>
      Array.from({ length: world.quotaOf(group.first + index) }, () => offer),
    ),
    dice,
  );
  const bySeller = new Map<number, SeedPublication[]>();
  for (const one of offers) bySeller.set(one.seller, [...(bySeller.get(one.seller) ?? []), one]);
  for (let index = 0; index < firsts.length; index++) {
    if (index % PAUSE_EVERY === PAUSE_EVERY - 1) yield;
    const first = firsts[index];
    if (!first) break;
    const next = dice.chance(TWO_SELLERS) ? firsts[index + 1] : undefined;
    const sold = next && next.seller !== first.seller ? [first, next] : [first];
    if (sold.length === 2) index += 1;
    const from = Math.max(...sold.map(({ createdMs }) => createdMs));
    const placedMs = world.calendar.saleTime(dice, from, first.category.season);
    const buyer = world.buyerAt(
      dice,
      placedMs,
      sold.map(({ seller }) => seller),
    );
    const purchaseId = telling.purchase(buyer, placedMs);
    const bought: SeedPublication[] = [];
    for (const offer of sold) {
      const others = bySeller.get(offer.seller) ?? [];
      const lines = linesOf(offer, others, placedMs, dice);
      tellSale(saleOf(purchaseId, buyer, placedMs, lines, telling), dice, rows, newId, world);
      bought.push(...lines.map(({ offer }) => offer));
      visits.idly(offer, IDLE_A_SALE);
    }
    visits.beforeBuying(buyer, bought, placedMs);
  }
  // What nobody buys is looked at too.
  for (const offer of offers) visits.idly(offer, IDLE_A_PUBLICATION);
}

function linesOf(
  first: SeedPublication,
  others: readonly SeedPublication[],
  atMs: number,
  dice: Dice,
): { offer: SeedPublication; quantity: number }[] {
  const draw = dice.below(1_000);
  const wanted = LINES.findLastIndex((from) => draw >= from) + 1;
  const sold = new Map([[first, quantityOf(dice)]]);
  for (let line = 1; line < wanted; line++) {
    const other = dice.pick(others);
    if (other.createdMs <= atMs) sold.set(other, quantityOf(dice));
  }
  return [...sold].map(([offer, quantity]) => ({ offer, quantity }));
}

function quantityOf(dice: Dice): number {
  const draw = dice.unit();
  return draw < 0.86 ? 1 : draw < 0.95 ? 2 : draw < 0.98 ? 3 : 4 + dice.below(7);
}

/** Publications with their starting stock: so much that every sale found enough. */
function offer(
  { world, rows, offers }: Telling,
  offered: PastRows,
  name: string,
  categoryIds: ReadonlyMap<string, string>,
): void {
  const dice = diceOf(`${name}:stock`);
  const newId = idsFrom(`${name}:offers`);
  const taken = new Map<string, { reserved: number; released: number }>();
  for (const { publicationId, delta } of rows.stockMovement) {
    const sum = taken.get(publicationId) ?? { reserved: 0, released: 0 };
    if (delta < 0) sum.reserved -= delta;
    else sum.released += delta;
    taken.set(publicationId, sum);
  }
  for (const { id, seller, createdMs, priceMinor, category, document } of offers) {
    const { reserved, released } = taken.get(id) ?? { reserved: 0, released: 0 };
    const spare = dice.chance(0.08) ? 0 : 1 + Math.floor(80 * dice.unit() * dice.unit());
    pastPublication(
      {
        id,
        sellerId: world.userId(seller),
        externalId: null,
        priceMinor,
        currency: world.parameters.currency,
        // Whatever came back in between was never needed.
        startingStock: Math.max(reserved - released + spare, reserved),
        categoryIds: [categoryIds.get(category.id) ?? category.id],
        document,
        createdAt: isoOf(createdMs),
        source: world.source,
      },
      offered,
      newId,
    );
  }
}

function askAll({ world, offers, visits }: Telling, name: string): Question[] {
  const dice = diceOf(`${name}:questions`);
  const newId = idsFrom(`${name}:questions`);
  return offers.flatMap((about) => questionsAbout(about, world, dice, newId, visits));
}

function shuffled<T>(values: T[], dice: Dice): T[] {
  for (let index = values.length - 1; index > 0; index--) {
    const other = dice.below(index + 1);
    const [one, two] = [values[index], values[other]];
    if (one !== undefined && two !== undefined) [values[index], values[other]] = [two, one];
  }
  return values;
}
