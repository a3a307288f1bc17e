import { newId } from "../../domain/ids.ts";
import { shareByWeight, shareOf } from "../../domain/money.ts";
import {
  minutesAfter,
  type Purchase,
  RESERVATION_MINUTES,
  type Wanted,
} from "../../domain/order.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { recordTransition } from "./log.ts";
import { recordOrder, withLines } from "./order-rows.ts";
import { changeCounts, insertMovement, type PublicationRow } from "./publication-rows.ts";

export interface NewPurchase {
  id: string;
  buyerId: string;
  key: string;
  /** Digest of what is asked for: the same key with another digest is refused. */
  requestDigest: string;
  shipTo: string;
  /** State or province of it; null or left out: unknown. */
  region?: string | null;
  /** One entry a publication. */
  wanted: readonly Wanted[];
  /** What shipping costs from each seller, in minor units, as quoted. */
  shippingMinor: ReadonlyMap<string, number>;
  at: string;
}

export type PurchaseStore = ReturnType<typeof purchaseStore>;

/** Purchases: stock is taken and orders are made in one transaction, once per key. */
export const purchaseStore = (db: Aurora) => ({
  /** Takes the stock and makes one order a seller. Throws `out_of_stock`, `key_reused`, `conflict`. */
  place: (want: NewPurchase): Promise<Purchase> =>
    transact(db, async (tx) => {
      const lines = [...want.wanted].sort((a, b) => (a.publicationId < b.publicationId ? -1 : 1));
      const first = lines[0];
      if (!first) throw new MktError("invalid", "nothing to buy");
      const { id, buyerId, key, requestDigest, shipTo, at } = want;
      const currency = await currencyOf(tx, first.publicationId);
      const made = await tx
        .insertInto("purchase")
        .values({ id, buyerId, key, requestDigest, shipTo, currency, createdAt: at })
        .onConflict((conflict) => conflict.columns(["buyerId", "key"]).doNothing())
        .returning("id")
        .executeTakeFirst();
      if (!made) return samePurchase(tx, want);
      const taken: Taken[] = [];
      for (const line of lines) taken.push(await takeStock(tx, line, want, currency));
      for (const sellerId of new Set(taken.map(({ publication }) => publication.sellerId))) {
        const own = taken.filter(({ publication }) => publication.sellerId === sellerId);
        await insertOrder(tx, want, sellerId, currency, own);
      }
      return readPurchase(tx, id);
    }),

  /** The purchase that a key made, if it did; `key_reused` when it was for something else. */
  findByKey: (buyerId: string, key: string, requestDigest: string): Promise<Purchase | undefined> =>
    query(async () => {
      const row = await db
        .selectFrom("purchase")
        .select(["id", "requestDigest"])
        .where("buyerId", "=", buyerId)
        .where("key", "=", key)
        .executeTakeFirst();
      if (!row) return undefined;
      if (row.requestDigest !== requestDigest) throw keyReused(key);
      return readPurchase(db, row.id);
    }),

  find: (id: string): Promise<Purchase | undefined> =>
    query(async () => {
      const row = await db
        .selectFrom("purchase")
        .select("id")
        .where("id", "=", id)
        .executeTakeFirst();
      return row && readPurchase(db, row.id);
    }),

  /** Where the parcels of a purchase go. */
  addressOf: (id: string): Promise<string | undefined> =>
    query(async () => {
      const row = db.selectFrom("purchase").select("shipTo").where("id", "=", id);
      return (await row.executeTakeFirst())?.shipTo;
    }),
});

interface Taken extends Wanted {
  publication: PublicationRow;
}

const keyReused = (key: string) =>
  new MktError("key_reused", `key ${key} was used for another purchase`, {
    hint: "use a new --key for a new purchase; the same key repeats the same one",
  });

async function samePurchase(
  tx: AuroraTransaction,
  { buyerId, key, requestDigest }: NewPurchase,
): Promise<Purchase> {
  const row = await tx
    .selectFrom("purchase")
    .select(["id", "requestDigest"])
    .where("buyerId", "=", buyerId)
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  if (row.requestDigest !== requestDigest) throw keyReused(key);
  return readPurchase(tx, row.id);
}

async function readPurchase(db: Aurora | AuroraTransaction, id: string): Promise<Purchase> {
  const purchase = await db
    .selectFrom("purchase")
    .select(["id", "buyerId", "shipTo", "currency", "createdAt"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  const orders = await db
    .selectFrom("order")
    .selectAll()
    .where("purchaseId", "=", id)
    .orderBy("id")
    .execute();
  return { ...purchase, orders: await withLines(db, orders) };
}

async function currencyOf(tx: AuroraTransaction, publicationId: string): Promise<string> {
  const row = await tx
    .selectFrom("publication")
    .select("currency")
    .where("id", "=", publicationId)
    .executeTakeFirst();
  if (!row) throw new MktError("not_found", `there is no publication ${publicationId}`);
  return row.currency;
}

/** Takes stock by one conditional statement: whoever finds too little takes nothing. */
async function takeStock(
  tx: AuroraTransaction,
  { publicationId, quantity }: Wanted,
  want: NewPurchase,
  currency: string,
): Promise<Taken> {
  const actor = `user:${want.buyerId}`;
  const change = { stock: -quantity };
  const publication = await changeCounts(tx, publicationId, change, actor, want.at, {
    forSale: true,
  });
  if (!publication) throw await whyNot(tx, publicationId, quantity);
  if (publication.sellerId === want.buyerId) {
    throw new MktError("conflict", `publication ${publicationId} is the buyer's own`);
  }
  if (publication.currency !== currency) {
    throw new MktError(
      "conflict",
      `publications in ${currency} and in ${publication.currency} cannot be bought together`,
      { hint: "make one purchase a currency" },
    );
  }
  return { publicationId, quantity, publication };
}

async function whyNot(tx: AuroraTransaction, id: string, quantity: number): Promise<MktError> {
  const row = await tx
    .selectFrom("publication")
    .select(["state", "stock"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (!row) return new MktError("not_found", `there is no publication ${id}`);
  if (row.state !== "active")
    return new MktError("conflict", `publication ${id} is ${row.state}: it is not for sale`);
  return new MktError(
    "out_of_stock",
    `publication ${id} has ${row.stock} left, ${quantity} wanted`,
  );
}

async function insertOrder(
  tx: AuroraTransaction,
  want: NewPurchase,
  sellerId: string,
  currency: string,
  taken: readonly Taken[],
): Promise<void> {
  const { at, buyerId } = want;
  const id = newId();
  const actor = `user:${buyerId}`;
  const linesMinor = taken.reduce(
    (sum, { quantity, publication }) => sum + quantity * publication.priceMinor,
    0,
  );
  const fees = await feesOf(
    tx,
    taken.map(({ publicationId }) => publicationId),
  );
  const feeOf = ({ publicationId }: Taken) => fees.get(publicationId) ?? 0;
  const feeMinor = taken.reduce(
    (sum, line) => sum + shareOf(line.quantity * line.publication.priceMinor, feeOf(line)),
    0,
  );
  const shippingMinor = want.shippingMinor.get(sellerId) ?? 0;
  const totalMinor = linesMinor + shippingMinor;
  const linePrices = taken.map(({ quantity, publication }) => quantity * publication.priceMinor);
  const shippingOf = shareByWeight(shippingMinor, linePrices);
  if (!Number.isSafeInteger(totalMinor)) {
    throw new MktError("invalid", "the order's total is larger than money can be here", {
      hint: "buy fewer units",
    });
  }
  const order = await tx
    .insertInto("order")
    .values({
      id,
      purchaseId: want.id,
      buyerId,
      sellerId,
      state: "reserved",
      linesMinor,
      shippingMinor,
      totalMinor,
      feeMinor,
      currency,
      region: want.region ?? null,
      reservedUntil: minutesAfter(at, RESERVATION_MINUTES),
      estimatedDeliveryAt: null,
      createdAt: at,
      changedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  for (const [index, line] of taken.entries()) {
    const { quantity, publication } = line;
    const lineId = newId();
    await tx
      .insertInto("orderLine")
      .values({
        id: lineId,
        orderId: id,
        lineNumber: index + 1,
        publicationId: publication.id,
        publicationVersion: publication.version,
        quantity,
        unitPriceMinor: publication.priceMinor,
        feeBps: feeOf(line),
        shippingMinor: shippingOf[index] ?? 0,
      })
      .execute();
    await insertMovement(tx, publication.id, -quantity, "reserved", at, lineId);
  }
  await recordTransition(
    tx,
    { machine: "order", event: "place", from: null, to: "reserved" },
    id,
    actor,
    at,
  );
  await recordOrder(tx, order, actor, at);
}

/** The fee of each publication in basis points: the highest of its categories. */
async function feesOf(
  tx: AuroraTransaction,
  publicationIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx
    .selectFrom("publicationCategory")
    .innerJoin("category", "category.id", "publicationCategory.categoryId")
    .select((eb) => [
      "publicationCategory.publicationId",
      eb.fn.max("category.feeBps").as("feeBps"),
    ])
    .where("publicationCategory.publicationId", "in", publicationIds)
    .groupBy("publicationCategory.publicationId")
    .execute();
  return new Map(rows.map(({ publicationId, feeBps }) => [publicationId, feeBps]));
}
