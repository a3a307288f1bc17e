import type { Selectable } from "kysely";
import { shipmentEvent } from "../../domain/event-data.ts";
import { newId } from "../../domain/ids.ts";
import { findTransition, nextState, type Transition } from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import type { AuroraTransaction } from "./client.ts";
import { disputeChargeback } from "./dispute-rows.ts";
import { record, recordTransition } from "./log.ts";
import { lockOrder, moveOrder, type OrderRow } from "./order-rows.ts";
import type { Database } from "./schema.ts";

// What every transaction that touches a shipment shares.

export type Shipment = Selectable<Database["shipment"]>;
export type Scan = Omit<Selectable<Database["shipmentScan"]>, "shipmentId">;

/** A step of a shipment: who took it, and when. */
export interface TakenStep {
  step: Pick<Transition, "machine" | "event" | "from" | "to">;
  actor: string;
  at: string;
}

/** How histories name the carrier. */
export const PROVIDER = "provider:shipping";

/** States of an order in which a parcel may go out, the first time or again. */
const SHIPPABLE_ORDER_STATES: readonly string[] = ["paid", "not_delivered"];

/** What an order does when its shipment takes a step: the first of these that its state allows. */
const ORDER_EVENTS: Readonly<Record<string, readonly string[]>> = {
  scan: ["hand_over", "send_again"],
  deliver: ["deliver"],
  fail_delivery: ["fail_delivery"],
  lose: ["fail_delivery"],
  send_again: ["send_again"],
};

/** Makes a shipment of an order that was just paid, or whose parcel was lost or came back. */
export async function insertShipment(
  tx: AuroraTransaction,
  orderId: string,
  actor: string,
  at: string,
): Promise<Shipment> {
  const shipment = await tx
    .insertInto("shipment")
    .values({
      id: newId(),
      orderId,
      state: "pending",
      providerId: null,
      carrier: null,
      trackingCode: null,
      labelUrl: null,
      estimatedDeliveryAt: null,
      createdAt: at,
      changedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const step = { machine: "shipment", event: "create", from: null, to: "pending" } as const;
  await recordTransition(tx, step, shipment.id, actor, at);
  await recordShipment(tx, shipment, actor, at);
  return shipment;
}

/** Cancels an order's shipment; refused once the carrier has scanned it. */
export async function cancelShipmentOf(
  tx: AuroraTransaction,
  orderId: string,
  actor: string,
  at: string,
): Promise<void> {
  const shipments = await tx
    .selectFrom("shipment")
    .selectAll()
    .where("orderId", "=", orderId)
    .where("state", "!=", "cancelled")
    .orderBy("id")
    .forUpdate()
    .execute();
  for (const shipment of shipments) await moveShipment(tx, shipment, "cancel", actor, at);
}

/** Moves a locked shipment by one event of the transition table, with its history and its event. */
export async function moveShipment(
  tx: AuroraTransaction,
  before: Shipment,
  event: string,
  actor: string,
  at: string,
): Promise<Shipment> {
  const { id, state: from } = before;
  const to = nextState("shipment", id, from, event);
  const after = await updateShipment(tx, id, { state: to, changedAt: at });
  await recordTransition(tx, { machine: "shipment", event, from, to }, id, actor, at);
  await recordShipment(tx, after, actor, at);
  return after;
}

/** Locks a shipment, and its order before it. Throws `not_found`. */
export async function lockShipment(
  tx: AuroraTransaction,
  id: string,
): Promise<{ order: OrderRow; shipment: Shipment }> {
  const found = await tx
    .selectFrom("shipment")
    .select("orderId")
    .where("id", "=", id)
    .executeTakeFirst();
  if (!found) throw new MktError("not_found", `there is no shipment ${id}`);
  const order = await lockOrder(tx, found.orderId);
  const shipment = await tx
    .selectFrom("shipment")
    .selectAll()
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { order, shipment };
}

/** Locks the newest shipment of an order that is locked already. */
export function lockLatest(tx: AuroraTransaction, orderId: string): Promise<Shipment | undefined> {
  return tx
    .selectFrom("shipment")
    .selectAll()
    .where("orderId", "=", orderId)
    .orderBy("id", "desc")
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

/** Whether a parcel may go out for an order now, the first time or again. */
export function isShippable({ state }: Pick<OrderRow, "state">): boolean {
  return SHIPPABLE_ORDER_STATES.includes(state);
}

/** Refuses to send anything out for an order that waits for nothing. */
export function requireShippable(order: Pick<OrderRow, "id" | "state">): void {
  if (isShippable(order)) return;
  const { id, state } = order;
  throw new MktError("illegal_transition", `order ${id} is ${state}: there is nothing to ship`, {
    hint:
      state === "reserved"
        ? "it is shipped after it is paid: mkt pay"
        : `mkt order show ${id} says why`,
  });
}

/** Changes a shipment's row and counts its revision. */
export function updateShipment(
  tx: AuroraTransaction,
  id: string,
  changes: Partial<Omit<Shipment, "id" | "revision">>,
): Promise<Shipment> {
  return tx
    .updateTable("shipment")
    .set((eb) => ({ ...changes, revision: eb("revision", "+", 1) }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Keeps what scans are new. False: more are known than these, so that whoever read them read too early. */
export async function insertScans(
  tx: AuroraTransaction,
  shipmentId: string,
  scans: readonly Scan[],
): Promise<boolean> {
  if (scans.length > 0) {
    const rows = scans.map((scan) => ({ ...scan, shipmentId }));
    await tx
      .insertInto("shipmentScan")
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  const { known } = await tx
    .selectFrom("shipmentScan")
    .select((eb) => eb.fn.countAll<number>().as("known"))
    .where("shipmentId", "=", shipmentId)
    .executeTakeFirstOrThrow();
  return Number(known) <= scans.length;
}

/**
 * Moves the order along with its shipment, as far as its state lets it. When the parcel arrived, and when
 * it is expected, is noted whatever state the order is in.
 */
export async function followShipment(
  tx: AuroraTransaction,
  order: OrderRow,
  taken: readonly TakenStep[],
  estimatedDeliveryAt: string | null,
): Promise<void> {
  let current = order;
  let arrivedAt: string | null = null;
  for (const { step, actor, at } of taken) {
    if (step.event === "deliver") arrivedAt = at;
    const events = ORDER_EVENTS[step.event] ?? [];
    const event = events.find((name) => findTransition("order", current.state, name));
    if (!event) continue;
    current = await moveOrder(tx, current, event, actor, at, {
      estimatedDeliveryAt: estimatedDeliveryAt ?? current.estimatedDeliveryAt,
    });
    // A bank may have taken the payment back while the order could not be disputed yet.
    if (event === "hand_over") current = await disputeChargeback(tx, current, at);
  }
  const noted = {
    ...(arrivedAt && !current.deliveredAt && { deliveredAt: arrivedAt }),
    ...(current.state === "shipped" &&
      estimatedDeliveryAt !== null &&
      estimatedDeliveryAt !== current.estimatedDeliveryAt && { estimatedDeliveryAt }),
  };
  if (Object.keys(noted).length === 0) return;
  await tx.updateTable("order").set(noted).where("id", "=", order.id).execute();
}

/** Leaves the event that says how a shipment stands. */
export async function recordShipment(
  tx: AuroraTransaction,
  shipment: Shipment,
  actor: string,
  at: string,
  type = `shipment.${shipment.state}`,
): Promise<void> {
  await record(tx, [{ ...shipmentEvent(shipment, type), actor, at }]);
}
