import type { IdMaker } from "../ids.ts";
import type { PastCard } from "../past/past-money.ts";
import type { PastLine } from "../past/past-order.ts";
import type { PastRows } from "../past/rows.ts";
import type { Dice } from "./dice.ts";
import type { Sale } from "./sale-story.ts";
import type { Visits } from "./visit-story.ts";
import type { SeedPublication, SellerTraits, World } from "./world.ts";

/** What stories of one group are told with. */
export interface Telling {
  world: World;
  dice: Dice;
  newId: IdMaker;
  rows: PastRows;
  offers: readonly SeedPublication[];
  /** By the index of the user who sells. */
  traits: (seller: number) => SellerTraits;
  /** Tells of a purchase of one order at a time. */
  purchase: (buyer: number, atMs: number) => string;
  visits: Visits;
}

/** A sale of these things, all of one seller. */
export function saleOf(
  purchaseId: string,
  buyer: number,
  placedMs: number,
  sold: readonly { offer: SeedPublication; quantity: number }[],
  { world, traits }: Telling,
): Sale {
  const seller = sold[0]?.offer.seller ?? 0;
  return {
    purchaseId,
    buyerId: world.userId(buyer),
    region: world.user(buyer).region,
    sellerId: world.userId(seller),
    placedMs,
    card: cardOf(buyer),
    traits: traits(seller),
    lines: sold.map(
      ({ offer, quantity }): PastLine => ({
        publicationId: offer.id,
        publicationVersion: 1,
        quantity,
        unitPriceMinor: offer.priceMinor,
        shippingMinor: offer.shippingMinor,
        feeBps: offer.category.feeBps,
        externalId: null,
      }),
    ),
  };
}

/** The card that a user always pays with. */
export function cardOf(user: number): PastCard {
  const lastFour = String((user * 7_919 + 1_234) % 10_000).padStart(4, "0");
  return {
    brand: user % 3 === 0 ? "mastercard" : "visa",
    lastFour,
    instrument: `card-${user}-${lastFour}`,
  };
}
