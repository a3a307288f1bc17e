import type { Selectable } from "kysely";
import { newId } from "../../domain/ids.ts";
import {
  findTransition,
  nextState,
  providerPath,
  type Transition,
} from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { record, recordTransition } from "./log.ts";
import { lockOrder, moveOrder, type OrderRow, type SaleFilter } from "./order-rows.ts";
import type { Database } from "./schema.ts";

export type Shipment = Selectable<Database["shipment"]>;
export type Scan = Omit<Selectable<Database["shipmentScan"]>, "shipmentId">;
export type ShipmentStore = ReturnType<typeof shipmentStore>;

/** How a shipment stands at its carrier, with every scan so far. */
export interface ShipmentTold {
  providerId: string;
  state: string;
  carrier: string;
  trackingCode: string;
  labelUrl: string;
  estimatedDeliveryAt: string | null;
  scans: readonly Scan[];
}

const PROVIDER = "provider:shipping";

/** What an order does when its shipment takes a step. */
const ORDER_EVENT: Readonly<Record<string, string>> = {
  scan: "hand_over",
  deliver: "deliver",
  fail_delivery: "fail_delivery",
  lose: "fail_delivery",
  send_again: "send_again",
};

/** Shipments, with every state and scan. */
export const shipmentStore = (db: Aurora) => ({
  /** Starts on a pending shipment; one that is past that comes back as it is. */
  prepare: (orderId: string, actor: string, at: string): Promise<Shipment> =>
    transact(db, async (tx) => {
      const order = await lockOrder(tx, orderId);
      const shipment = await tx
        .selectFrom("shipment")
        .selectAll()
        .where("orderId", "=", orderId)
        .orderBy("id", "desc")
        .limit(1)
        .forUpdate()
        .executeTakeFirst();
      if (!shipment || shipment.state === "cancelled") {
        throw new MktError(
          "illegal_transition",
          `order ${orderId} is ${order.state}: there is nothing to ship`,
          {
            hint:
              order.state === "reserved"
                ? "it is shipped after it is paid: mkt pay"
                : "mkt order show says why",
          },
        );
      }
      if (["handling", "ready_to_ship", "shipped", "delivered"].includes(shipment.state))
        return shipment;
      const to = nextState("shipment", shipment.id, shipment.state, "prepare");
      const after = await update(tx, shipment.id, { state: to, changedAt: at });
      await recordTransition(
        tx,
        { machine: "shipment", event: "prepare", from: shipment.state, to },
        shipment.id,
        actor,
        at,
      );
      await recordShipment(tx, after, actor, at);
      return after;
    }),

  /** Applies what the carrier says, by the shortest legal way; the order follows. What is older changes nothing. */
  settle: (shipmentId: string, told: ShipmentTold, at: string): Promise<Shipment> =>
    transact(db, async (tx) => {
      const { order, shipment } = await lockShipment(tx, shipmentId);
      await insertScans(tx, shipmentId, told.scans);
      const path = providerPath("shipment", shipment.state, told.state);
      if (path === null || path.length === 0) return shipment;
      const { providerId, carrier, trackingCode, labelUrl, estimatedDeliveryAt } = told;
      const after = await update(tx, shipmentId, {
        state: told.state,
        providerId,
        carrier,
        trackingCode,
        labelUrl,
        estimatedDeliveryAt,
        changedAt: at,
      });
      for (const step of path)
        await recordTransition(tx, step, shipmentId, PROVIDER, timeOf(step, told.scans, at));
      await recordShipment(tx, after, PROVIDER, at);
      await followShipment(tx, order, path, told, at);
      return after;
    }),

  find: (id: string): Promise<Shipment | undefined> =>
    query(() => db.selectFrom("shipment").selectAll().where("id", "=", id).executeTakeFirst()),

  findByProviderId: (providerId: string): Promise<Shipment | undefined> =>
    query(() =>
      db.selectFrom("shipment").selectAll().where("providerId", "=", providerId).executeTakeFirst(),
    ),

  ofOrder: (orderId: string): Promise<Shipment[]> =>
    query(() =>
      db.selectFrom("shipment").selectAll().where("orderId", "=", orderId).orderBy("id").execute(),
    ),

  scansOf: (shipmentId: string): Promise<Scan[]> =>
    query(() =>
      db
        .selectFrom("shipmentScan")
        .select(["providerScanId", "state", "description", "place", "at"])
        .where("shipmentId", "=", shipmentId)
        .orderBy("at")
        .orderBy("providerScanId")
        .execute(),
    ),

  list: ({
    limit,
    after,
    state,
    orderId,
    partyId,
  }: SaleFilter): Promise<(Shipment & { buyerId: string; sellerId: string })[]> =>
    query(() => {
      let rows = db
        .selectFrom("shipment")
        .innerJoin("order", "order.id", "shipment.orderId")
        .selectAll("shipment")
        .select(["order.buyerId", "order.sellerId"])
        .orderBy("shipment.id", "desc")
        .limit(limit);
      if (after) rows = rows.where("shipment.id", "<", after);
      if (state) rows = rows.where("shipment.state", "=", state);
      if (orderId) rows = rows.where("shipment.orderId", "=", orderId);
      if (partyId)
        rows = rows.where((eb) =>
          eb.or([eb("order.buyerId", "=", partyId), eb("order.sellerId", "=", partyId)]),
        );
      return rows.execute();
    }),
});

/** Makes the shipment of an order that was just paid. */
export async function insertShipment(
  tx: AuroraTransaction,
  orderId: string,
  actor: string,
  at: string,
): Promise<void> {
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
  await recordTransition(
    tx,
    { machine: "shipment", event: "create", from: null, to: "pending" },
    shipment.id,
    actor,
    at,
  );
  await recordShipment(tx, shipment, actor, at);
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
  for (const shipment of shipments) {
    const to = nextState("shipment", shipment.id, shipment.state, "cancel");
    const after = await update(tx, shipment.id, { state: to, changedAt: at });
    await recordTransition(
      tx,
      { machine: "shipment", event: "cancel", from: shipment.state, to },
      shipment.id,
      actor,
      at,
    );
    await recordShipment(tx, after, actor, at);
  }
}

async function lockShipment(
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

function update(
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

async function insertScans(
  tx: AuroraTransaction,
  shipmentId: string,
  scans: readonly Scan[],
): Promise<void> {
  if (scans.length === 0) return;
  const rows = scans.map((scan) => ({ ...scan, shipmentId }));
  await tx
    .insertInto("shipmentScan")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** When the carrier did this step: the time of the first scan that says so, else now. */
function timeOf(step: Transition, scans: readonly Scan[], at: string): string {
  return scans.find(({ state }) => state === step.to)?.at ?? at;
}

async function followShipment(
  tx: AuroraTransaction,
  order: OrderRow,
  path: readonly Transition[],
  told: ShipmentTold,
  at: string,
): Promise<void> {
  let current = order;
  for (const step of path) {
    const event = ORDER_EVENT[step.event];
    if (!event || !findTransition("order", current.state, event)) continue;
    const { estimatedDeliveryAt } = told;
    current = await moveOrder(tx, current, event, PROVIDER, timeOf(step, told.scans, at), {
      estimatedDeliveryAt,
    });
  }
}

async function recordShipment(
  tx: AuroraTransaction,
  shipment: Shipment,
  actor: string,
  at: string,
): Promise<void> {
  const { id, orderId, state, carrier, estimatedDeliveryAt, revision } = shipment;
  const data = { orderId, state, carrier, estimatedDeliveryAt };
  const personal = { trackingCode: shipment.trackingCode };
  await record(tx, [
    {
      type: `shipment.${state}`,
      subjectKind: "shipment",
      subjectId: id,
      revision,
      actor,
      at,
      data,
      personal,
    },
  ]);
}
