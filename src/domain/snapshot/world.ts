import * as z from "zod";
import { LEDGER_ACCOUNTS, LEDGER_KINDS } from "../ledger.ts";
import { isRegion } from "../region.ts";
import { type Machine, statesOf, TRANSITIONS } from "../transitions.ts";

// The closed little world around an order: rows of all tables as a snapshot's file has them. Times are ISO-8601 in
// UTC, money is in minor units. What opens a door (hashes, tokens, roles, sessions) has no column here, and neither
// has what only our own providers know by name.

const id = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
const time = z.iso.datetime();
const text = z.string().max(100_000);
const note = text.nullable();
const count = z.int().min(0).max(2_000_000_000);
const place = z.int().min(1).max(2_000_000_000);
const money = z.int();
const currency = z.string().length(3);
const bps = z.int().min(0).max(10_000);
const state = (machine: Machine) => z.enum(statesOf(machine));
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const json = z.record(z.string(), z.unknown());
// Snapshots that were saved before there were regions have none.
const region = text.refine(isRegion).nullable().default(null);

const MACHINES = [...new Set(TRANSITIONS.map(({ machine }) => machine))];
const user = z.strictObject({
  id,
  email: text,
  emailFolded: text,
  name: text,
  address: text,
  region,
  bannedAt: time.nullable(),
  revision: place,
  createdAt: time,
  externalId: note,
});

const category = z.strictObject({
  id,
  name: text,
  nameFolded: text,
  feeBps: bps,
  createdAt: time,
});

const publication = z.strictObject({
  id,
  sellerId: id,
  externalId: note,
  state: z.enum(["active", "paused", "closed"]),
  priceMinor: money.min(1),
  currency,
  stock: count,
  version: place,
  revision: place,
  availability: z.enum(["in_stock", "last_units", "sold_out"]),
  soldUnits: money,
  ratingSum: money,
  ratingCount: money,
  createdAt: time,
});

const publicationCategory = z.strictObject({ publicationId: id, categoryId: id });

const purchase = z.strictObject({
  id,
  buyerId: id,
  key: text,
  requestDigest: text,
  shipTo: text,
  currency,
  createdAt: time,
  externalId: note,
});

const order = z.strictObject({
  id,
  purchaseId: id,
  buyerId: id,
  sellerId: id.nullable(),
  state: state("order"),
  linesMinor: money,
  shippingMinor: money,
  totalMinor: money,
  feeMinor: money,
  currency,
  flags: z.array(text),
  revision: place,
  reservedUntil: time,
  estimatedDeliveryAt: time.nullable(),
  paidAt: time.nullable(),
  shippedAt: time.nullable(),
  deliveredAt: time.nullable(),
  externalId: note,
  sourceStatus: note,
  timeZone: text.nullable().default(null),
  region,
  inferred: z.array(text),
  createdAt: time,
  changedAt: time,
});

const orderLine = z.strictObject({
  id,
  orderId: id,
  lineNumber: place,
  publicationId: id,
  publicationVersion: place,
  quantity: place,
  unitPriceMinor: money,
  feeBps: bps,
  externalId: note,
  shippingMinor: money,
});

const stockMovement = z.strictObject({
  id,
  publicationId: id,
  delta: z.int().min(-2_000_000_000).max(2_000_000_000),
  reason: z.enum(["published", "adjusted", "reserved", "released", "returned"]),
  orderLineId: id.nullable(),
  at: time,
});

const payment = z.strictObject({
  id,
  orderId: id,
  state: state("payment"),
  amountMinor: money,
  currency,
  reason: note,
  cardBrand: note,
  cardLastFour: note,
  instrument: note,
  deadlineAt: time,
  late: z.boolean(),
  capture: z.boolean(),
  chargeback: z.enum(["open", "won", "lost"]).nullable(),
  revision: place,
  createdAt: time,
  changedAt: time,
});

const refund = z.strictObject({
  id,
  paymentId: id,
  state: state("refund"),
  amountMinor: money,
  reason: text,
  attempt: place,
  key: note,
  revision: place,
  createdAt: time,
  changedAt: time,
});

const shipment = z.strictObject({
  id,
  orderId: id,
  state: state("shipment"),
  carrier: note,
  trackingCode: note,
  estimatedDeliveryAt: time.nullable(),
  restockedAt: time.nullable(),
  revision: place,
  createdAt: time,
  changedAt: time,
});

const shipmentScan = z.strictObject({
  shipmentId: id,
  providerScanId: text,
  state: text,
  description: text,
  place: text,
  at: time,
});

const dispute = z.strictObject({
  id,
  orderId: id,
  orderLineId: id.nullable(),
  state: state("dispute"),
  reason: z.enum(["not_received", "not_as_described", "chargeback"]),
  openedBy: text,
  resolvedBy: note,
  refundedMinor: money.nullable(),
  revision: place,
  createdAt: time,
  changedAt: time,
});

const review = z.strictObject({
  id,
  orderLineId: id,
  orderId: id,
  publicationId: id,
  authorId: id,
  conforms: z.boolean(),
  rating: z.int().min(1).max(5),
  createdAt: time,
});

const ledgerEntry = z.strictObject({
  id,
  postingId: id,
  kind: z.enum(LEDGER_KINDS),
  account: z.enum(LEDGER_ACCOUNTS),
  sellerId: id,
  orderId: id,
  paymentId: id,
  refundId: id.nullable(),
  amountMinor: money,
  currency,
  at: time,
});

const transition = z.strictObject({
  id,
  machine: z.enum(MACHINES),
  subjectId: id,
  event: text,
  fromState: note,
  toState: text,
  actor: text,
  at: time,
  inferred: z.boolean(),
});

const event = z.strictObject({
  type: text,
  subjectKind: text,
  subjectId: id,
  revision: place,
  actor: text,
  occurredAt: time,
  data: json,
  personal: json.nullable(),
});

const question = z.strictObject({
  id,
  publicationId: id,
  sellerId: id,
  askerId: id,
  text,
  state: state("question"),
  answer: note,
  askedAt: time,
  answeredAt: time.nullable(),
  version: place,
  sellerReadAt: time.nullable(),
  askerReadAt: time.nullable(),
});

/** Tables in the order in which their rows refer to each other. Questions are DynamoDB's. */
export const SCHEMAS = {
  user,
  category,
  publication,
  publicationCategory,
  purchase,
  order,
  orderLine,
  stockMovement,
  payment,
  refund,
  shipment,
  shipmentScan,
  dispute,
  review,
  ledgerEntry,
  transition,
  event,
  question,
} as const;

export type TableName = keyof typeof SCHEMAS;
export const TABLES = Object.keys(SCHEMAS) as TableName[];

export type Row<T extends TableName> = z.infer<(typeof SCHEMAS)[T]>;
export type World = { [T in TableName]: Row<T>[] };

export const FORMAT = "mkt-snapshot";
export const VERSION = 1;

export const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  id,
  madeAt: time,
  anonymized: z.boolean(),
  /** The orders that were asked for. */
  orders: z.array(id).min(1),
  depth: count,
  /** How many lines of each table follow, and how many pictures: a file that was cut short has fewer. */
  rows: z.record(z.string(), count),
  images: count,
});
export type SnapshotHeader = z.infer<typeof headerSchema>;

export const imageSchema = z.strictObject({ image: hash, base64: z.string() });

export function emptyWorld(): World {
  return Object.fromEntries(TABLES.map((table) => [table, []])) as unknown as World;
}

/** The pictures that the publications' documents ever showed. */
export function imagesOf({ event: events }: World): string[] {
  const shown = events.flatMap(({ data }) => (Array.isArray(data.images) ? data.images : []));
  return [...new Set(shown.filter((image) => hash.safeParse(image).success))];
}

const ACTOR = /^user:(.+)$/;

/** Buyers, sellers, and whoever asked or wrote a review. */
export function partiesIn(world: Omit<World, "question"> & Partial<World>): Set<string> {
  return new Set([
    ...world.purchase.map(({ buyerId }) => buyerId),
    ...world.order.flatMap(({ buyerId, sellerId }) => [buyerId, sellerId ?? buyerId]),
    ...world.review.map(({ authorId }) => authorId),
    ...world.publication.map(({ sellerId }) => sellerId),
    ...(world.question ?? []).flatMap(({ askerId, sellerId }) => [askerId, sellerId]),
  ]);
}

/** The users whom rows name: parties, and whoever did something. */
export function peopleIn(world: World): string[] {
  const { event: events, transition: steps, dispute: disputes } = world;
  const actors = [
    ...events.map(({ actor }) => actor),
    ...steps.map(({ actor }) => actor),
    ...disputes.flatMap(({ openedBy, resolvedBy }) => [openedBy, resolvedBy ?? ""]),
  ];
  return [
    ...new Set([...partiesIn(world), ...actors.flatMap((actor) => ACTOR.exec(actor)?.[1] ?? [])]),
  ];
}
