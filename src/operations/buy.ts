import { createHash } from "node:crypto";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { LINES_LIMIT, type Purchase, QUANTITY_LIMIT, type Wanted } from "../domain/order.ts";
import { checkRegion } from "../domain/region.ts";
import { checkText, type User } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import type { PublicationRow } from "../stores/aurora/publication-rows.ts";
import type { NewPurchase } from "../stores/aurora/purchases.ts";

export interface BuyRequest {
  actor: Actor;
  /** The buyer's idempotency key: the same key is the same purchase. */
  key: string;
  wanted: readonly { publication: string; quantity: number }[];
  /** Null: the buyer's own address. */
  shipTo: string | null;
  /** State or province of where it goes; null or left out: the buyer's where it is their own address, else unknown. */
  region?: string | null;
}

type BuyDeps = Pick<
  Deps,
  "users" | "lookup" | "publications" | "purchases" | "shippingProvider" | "now"
>;

/**
 * Buys: quotes shipping from each seller, then takes the stock and makes one order a seller, all or
 * nothing. Nothing is charged before `pay`. Repeating the key gives the same purchase.
 */
export async function buy(request: BuyRequest, deps: BuyDeps): Promise<Purchase> {
  const wanted = await checkRequest(request, deps);
  return wanted.before ?? deps.purchases.place(await quoted(wanted, deps));
}

/** The purchase that would be made, or that was made by this key; throws what `buy` would throw. */
export async function planPurchase(
  request: BuyRequest,
  deps: BuyDeps & Pick<Deps, "rehearse">,
): Promise<{ purchase: Purchase; already: boolean }> {
  const wanted = await checkRequest(request, deps);
  if (wanted.before) return { purchase: wanted.before, already: true };
  const want = await quoted(wanted, deps);
  const purchase = await deps.rehearse(({ purchases }) => purchases.place(want));
  return { purchase, already: false };
}

interface Checked
  extends Pick<NewPurchase, "buyerId" | "key" | "requestDigest" | "shipTo" | "region"> {
  wanted: Wanted[];
  /** What the key stands for already. */
  before: Purchase | undefined;
}

async function checkRequest(request: BuyRequest, deps: BuyDeps): Promise<Checked> {
  const key = checkText("key", request.key, 200);
  const wanted = await checkWanted(request.wanted, deps);
  const buyerId = request.actor.userId;
  const buyer = await deps.users.find({ id: buyerId });
  const shipTo = checkText("address", request.shipTo ?? buyer?.address ?? "", 400);
  const region = regionOf(request, shipTo, buyer);
  // Without a region the digest is what it was before there were any.
  const requestDigest = digest({ wanted, shipTo, region: region ?? undefined });
  const before = await deps.purchases.findByKey(buyerId, key, requestDigest);
  return { buyerId, key, requestDigest, shipTo, region, wanted, before };
}

function regionOf(
  { region = null }: BuyRequest,
  shipTo: string,
  buyer: User | undefined,
): string | null {
  if (region !== null) return checkRegion(region);
  return buyer && shipTo === buyer.address ? buyer.region : null;
}

async function quoted({ before: _, ...checked }: Checked, deps: BuyDeps): Promise<NewPurchase> {
  const { wanted, buyerId, shipTo } = checked;
  const shippingMinor = await quoteShipping(wanted, buyerId, shipTo, deps);
  return { id: newId(), ...checked, shippingMinor, at: deps.now() };
}

/** Whole ids, one entry a publication, in id order. */
async function checkWanted(
  wanted: BuyRequest["wanted"],
  { lookup }: Pick<Deps, "lookup">,
): Promise<Wanted[]> {
  if (wanted.length === 0) throw new MktError("usage", "nothing to buy");
  if (wanted.length > LINES_LIMIT) {
    throw new MktError("invalid", `a purchase has at most ${LINES_LIMIT} publications`);
  }
  const quantities = new Map<string, number>();
  for (const { publication, quantity } of wanted) {
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > QUANTITY_LIMIT) {
      throw new MktError("invalid", `a quantity is a whole number from 1 to ${QUANTITY_LIMIT}`);
    }
    const id = await lookup.resolve("publication", publication);
    quantities.set(id, (quantities.get(id) ?? 0) + quantity);
  }
  return [...quantities]
    .map(([publicationId, quantity]) => ({ publicationId, quantity }))
    .sort((a, b) => (a.publicationId < b.publicationId ? -1 : 1));
}

/** What shipping costs from each seller; refuses what cannot be bought before asking the carrier. */
async function quoteShipping(
  wanted: readonly Wanted[],
  buyerId: string,
  shipTo: string,
  deps: BuyDeps,
): Promise<Map<string, number>> {
  const rows = await deps.publications.findMany(wanted.map(({ publicationId }) => publicationId));
  const byId = new Map(rows.map((row) => [row.id, row]));
  const parcels = new Map<string, { units: number; currency: string }>();
  for (const { publicationId, quantity } of wanted) {
    const row = byId.get(publicationId);
    if (!row) throw new MktError("not_found", `there is no publication ${publicationId}`);
    refuseEarly(row, buyerId, quantity);
    const { sellerId, currency } = row;
    parcels.set(sellerId, { units: (parcels.get(sellerId)?.units ?? 0) + quantity, currency });
  }
  const quotes = [...parcels].map(async ([sellerId, { units, currency }]) => {
    const quote = await deps.shippingProvider.quote({ parcels: [{ units }], currency, to: shipTo });
    return [sellerId, quote.amountMinor] as const;
  });
  return new Map(await Promise.all(quotes));
}

/** The transaction decides; this only spares a call to the carrier. */
function refuseEarly(
  { id, sellerId, state, stock }: PublicationRow,
  buyerId: string,
  quantity: number,
): void {
  if (sellerId === buyerId) throw new MktError("conflict", `publication ${id} is the buyer's own`);
  if (state !== "active")
    throw new MktError("conflict", `publication ${id} is ${state}: it is not for sale`);
  if (stock < quantity) {
    throw new MktError("out_of_stock", `publication ${id} has ${stock} left, ${quantity} wanted`);
  }
}

function digest(content: object): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
