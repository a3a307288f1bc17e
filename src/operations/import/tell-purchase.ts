import type { HistoryMapping } from "../../domain/mapping/history.ts";
import { tidyText } from "../../domain/mapping/tidy-text.ts";
import { type PastLine, type PastOrder, pastOrder } from "../../domain/past/past-order.ts";
import type { PastRows } from "../../domain/past/rows.ts";
import { tidyRegion } from "../../domain/region.ts";
import type { SourceLine, SourcePurchase } from "../../stores/aurora/import-staging.ts";
import { type ImportContext, type NeededThings, publicationKey } from "./needed-things.ts";
import { sourceIds } from "./source-ids.ts";
import { iso, type SourceStory, sourceStory, tellOrder } from "./tell-order.ts";

/** A source's order told as a purchase: an order for each of its sellers. */
export interface ToldPurchase {
  purchase: SourcePurchase;
  orders: readonly PastOrder[];
  /** Of all its orders. */
  flags: readonly string[];
}

const SHIP_TO_LIMIT = 400;

/** Adds the rows of a purchase. */
export function tellPurchase(
  purchase: SourcePurchase,
  lines: readonly SourceLine[],
  things: NeededThings,
  context: ImportContext & Pick<HistoryMapping, "statuses">,
  rows: PastRows,
): ToldPurchase {
  const { source, currency, timeZone } = context;
  const { id: externalId } = purchase;
  const placedAt = iso(purchase.placed);
  const id = sourceIds(source, "purchase", externalId)(placedAt);
  const buyerId = things.buyers.get(purchase.buyerId)?.id ?? "";
  rows.purchase.push({
    id,
    buyerId,
    key: `${source}:${externalId}`,
    requestDigest: "-",
    shipTo: tidyText(purchase.address, SHIP_TO_LIMIT) || "-",
    currency,
    createdAt: placedAt,
    source,
    externalId,
  });
  const story = sourceStory(purchase, context.statuses);
  const orders = ordersOf(lines).map(([seller, own]) => {
    const facts = {
      purchaseId: id,
      buyerId,
      sellerId: seller === null ? null : (things.sellers.get(seller)?.id ?? ""),
      currency,
      lines: own.map((line) => pastLine(line, things, context)),
      externalId,
      sourceStatus: purchase.status,
      timeZone,
      region: tidyRegion(purchase.region),
      flags: orderFlags(purchase, own, story),
      estimatedDeliveryAt: purchase.estimated === null ? null : iso(purchase.estimated),
    };
    const newId = sourceIds(source, "order", externalId, ...(seller === null ? [] : [seller]));
    const past = pastOrder(facts, story.moment("placed"), rows, newId);
    tellOrder(past, story, context);
    return past;
  });
  const flags = new Set(orders.flatMap(({ order }) => order.flags));
  flags.delete(IMPORTED);
  return { purchase, orders, flags: [...flags] };
}

const IMPORTED = "imported";

/** Lines by seller, in the order of their first lines; an order without a seller when there is no line. */
function ordersOf(lines: readonly SourceLine[]): [string | null, SourceLine[]][] {
  if (lines.length === 0) return [[null, []]];
  const bySeller = new Map<string, SourceLine[]>();
  for (const line of lines) {
    const own = bySeller.get(line.seller);
    if (own) own.push(line);
    else bySeller.set(line.seller, [line]);
  }
  return [...bySeller];
}

function pastLine(
  line: SourceLine,
  { publications }: NeededThings,
  { feeBps }: ImportContext,
): PastLine {
  return {
    publicationId: publications.get(publicationKey(line))?.id ?? "",
    publicationVersion: 1,
    quantity: line.quantity,
    unitPriceMinor: line.price,
    shippingMinor: line.shipping,
    feeBps,
    externalId: line.id,
  };
}

function orderFlags(
  { unknownBuyer, lineRejected }: SourcePurchase,
  lines: readonly SourceLine[],
  { flags }: SourceStory,
): string[] {
  const more: [string, boolean][] = [
    ["no_lines", lines.length === 0],
    ["line_rejected", lineRejected],
    ["unknown_buyer", unknownBuyer],
    ["unknown_seller", lines.some(({ unknownSeller }) => unknownSeller)],
    ["unknown_product", lines.some(({ unknownProduct }) => unknownProduct)],
  ];
  return [IMPORTED, ...flags, ...more.filter(([, holds]) => holds).map(([flag]) => flag)];
}
