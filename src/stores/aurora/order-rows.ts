import type { Selectable } from "kysely";
import { orderEvent } from "../../domain/event-data.ts";
import type { Order, OrderLine } from "../../domain/order.ts";
import { nextState } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import type { Aurora, AuroraTransaction } from "./client.ts";
import { record, recordTransition } from "./log.ts";
import { changeCounts, insertMovement } from "./publication-rows.ts";
import type { Database } from "./schema.ts";

// What every transaction that touches an order shares. Locks are taken in one order everywhere:
// the order, then its payment or shipment, then publications by id.

export type OrderRow = Selectable<Database["order"]>;

/** Which payments or shipments to list, newest first, before an id. */
export interface SaleFilter {
  limit: number;
  after?: string | undefined;
  state?: string | undefined;
  orderId?: string | undefined;
  /** Only those of orders that this user bought or sold. */
  partyId?: string | undefined;
}

/** The column that says when an order came into this state, last time it did. */
const REACHED_AT: Readonly<Record<string, "paidAt" | "shippedAt" | "deliveredAt">> = {
  paid: "paidAt",
  shipped: "shippedAt",
  delivered: "deliveredAt",
};

const lineColumns = [
  "id",
  "lineNumber",
  "publicationId",
  "publicationVersion",
  "quantity",
  "unitPriceMinor",
  "feeBps",
  "shippingMinor",
  "externalId",
] as const;

/** Locks one order until the transaction ends. Throws `not_found`. */
export async function lockOrder(tx: AuroraTransaction, id: string): Promise<OrderRow> {
  const row = await tx
    .selectFrom("order")
    .selectAll()
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new MktError("not_found", `there is no order ${id}`);
  return row;
}

/** An order's lines, in line order. */
export async function linesOf(
  db: Aurora | AuroraTransaction,
  orderId: string,
): Promise<OrderLine[]> {
  return db
    .selectFrom("orderLine")
    .select(lineColumns)
    .where("orderId", "=", orderId)
    .orderBy("lineNumber")
    .execute();
}

/** Orders with their lines, read at once. */
export async function withLines(
  db: Aurora | AuroraTransaction,
  rows: readonly OrderRow[],
): Promise<Order[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const lines = await db
    .selectFrom("orderLine")
    .select([...lineColumns, "orderId"])
    .where("orderId", "in", ids)
    .orderBy("lineNumber")
    .execute();
  const byOrder = new Map<string, OrderLine[]>(ids.map((id) => [id, []]));
  for (const { orderId, ...line } of lines) byOrder.get(orderId)?.push(line);
  return rows.map((row) => ({ ...row, lines: byOrder.get(row.id) ?? [] }));
}

/** Moves a locked order by one event of the transition table, with its history and its event. */
export async function moveOrder(
  tx: AuroraTransaction,
  before: OrderRow,
  event: string,
  actor: string,
  at: string,
  changes: Partial<Pick<OrderRow, "flags" | "estimatedDeliveryAt">> = {},
): Promise<OrderRow> {
  const state = nextState("order", before.id, before.state, event);
  const reached = REACHED_AT[state];
  const after = await tx
    .updateTable("order")
    .set((eb) => ({
      ...changes,
      ...(reached && { [reached]: at }),
      state,
      changedAt: at,
      revision: eb("revision", "+", 1),
    }))
    .where("id", "=", before.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordTransition(
    tx,
    { machine: "order", event, from: before.state, to: state },
    before.id,
    actor,
    at,
  );
  await recordOrder(tx, after, actor, at);
  return after;
}

/** Changes what an order is flagged with, and tells of it; nothing happens when it is flagged so already. */
export async function flagOrder(
  tx: AuroraTransaction,
  order: OrderRow,
  { add, remove = [] }: { add: readonly string[]; remove?: readonly string[] },
  actor: string,
  at: string,
): Promise<OrderRow> {
  const kept = order.flags.filter((flag) => !remove.includes(flag));
  const flags = [...new Set([...kept, ...add])];
  if (flags.join() === order.flags.join()) return order;
  const after = await tx
    .updateTable("order")
    .set((eb) => ({ flags, changedAt: at, revision: eb("revision", "+", 1) }))
    .where("id", "=", order.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordOrder(tx, after, actor, at, { flagged: true });
  return after;
}

/** Leaves the event that says how an order stands; `flagged`: it came into no state, only its flags changed. */
export async function recordOrder(
  tx: AuroraTransaction,
  order: OrderRow,
  actor: string,
  at: string,
  more: { flagged?: true } = {},
): Promise<void> {
  const event = orderEvent(order, await linesOf(tx, order.id), more);
  await record(tx, [{ ...event, actor, at }]);
}

/** Gives an order's stock back, and takes it off the units sold when it had been paid. */
export async function releaseStock(
  tx: AuroraTransaction,
  orderId: string,
  wasPaid: boolean,
  actor: string,
  at: string,
): Promise<void> {
  for (const { id, publicationId, quantity } of await linesByPublication(tx, orderId)) {
    await insertMovement(tx, publicationId, quantity, "released", at, id);
    const change = { stock: quantity, soldUnits: wasPaid ? -quantity : 0 };
    await changeCounts(tx, publicationId, change, actor, at);
  }
}

/** Puts an order's goods that came back into stock again; gives their publications. They stay sold. */
export async function restoreStock(
  tx: AuroraTransaction,
  orderId: string,
  actor: string,
  at: string,
): Promise<string[]> {
  const lines = await linesByPublication(tx, orderId);
  for (const { id, publicationId, quantity } of lines) {
    await insertMovement(tx, publicationId, quantity, "returned", at, id);
    await changeCounts(tx, publicationId, { stock: quantity }, actor, at);
  }
  return [...new Set(lines.map(({ publicationId }) => publicationId))];
}

/** Counts an order's units as sold. */
export async function countSold(
  tx: AuroraTransaction,
  orderId: string,
  actor: string,
  at: string,
): Promise<void> {
  for (const { publicationId, quantity } of await linesByPublication(tx, orderId)) {
    await changeCounts(tx, publicationId, { soldUnits: quantity }, actor, at);
  }
}

/** An order's lines in the order in which publications are locked. */
async function linesByPublication(tx: AuroraTransaction, orderId: string): Promise<OrderLine[]> {
  const lines = await linesOf(tx, orderId);
  return lines.sort((a, b) => (a.publicationId < b.publicationId ? -1 : 1));
}
