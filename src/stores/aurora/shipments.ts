import { minutesAfter } from "../../domain/order.ts";
import {
  findTransition,
  nextState,
  providerPath,
  type Transition,
} from "../../domain/transitions.ts";
import { MktError } from "../../errors.ts";
import { type Aurora, type AuroraTransaction, query, transact } from "./client.ts";
import { recordTransition } from "./log.ts";
import { lockOrder, type OrderRow, restoreStock, type SaleFilter } from "./order-rows.ts";
import {
  followShipment,
  insertScans,
  insertShipment,
  isShippable,
  lockLatest,
  lockShipment,
  moveShipment,
  PROVIDER,
  recordShipment,
  requireShippable,
  type Scan,
  type Shipment,
  type TakenStep,
  updateShipment,
} from "./shipment-rows.ts";

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

/** An order's newest shipment, and whether its goods go out with that or with another one after it. */
export interface ShipmentToCome {
  latest: Shipment;
  way: "as_it_is" | "as_waiting" | "anew";
}

/** How long a claim to void a label keeps the parcel from being handed over. */
const VOIDING_MINUTES = 1;
/** States of a shipment that the carrier has, or had. */
const HANDED_OVER_STATES: readonly string[] = [
  "shipped",
  "delivered",
  "not_delivered",
  "lost",
  "returned",
];

/** States of a shipment after which only another one can bring the goods to their buyer. */
const GONE_STATES: readonly string[] = ["lost", "returned", "cancelled"];

/** Shipments, with every state and scan. */
export const shipmentStore = (db: Aurora) => ({
  /**
   * Starts on what is to be sent of an order: its pending shipment, or a new one when the last parcel was
   * lost or came back, or its label is void. One that is past that comes back as it is.
   */
  prepare: (orderId: string, actor: string, at: string): Promise<Shipment> =>
    transact(db, async (tx) => {
      const order = await lockOrder(tx, orderId);
      const { latest, way } = wayToShip(order, await lockLatest(tx, orderId));
      if (way === "as_it_is") return latest;
      const next = way === "anew" ? await insertShipment(tx, orderId, actor, at) : latest;
      return moveShipment(tx, next, "prepare", actor, at);
    }),

  /** What `prepare` would start on, and how, without doing it; throws what it would throw. */
  foresee: (order: Pick<OrderRow, "id" | "state">): Promise<ShipmentToCome> =>
    query(async () => {
      const newest = db.selectFrom("shipment").selectAll().where("orderId", "=", order.id);
      return wayToShip(order, await newest.orderBy("id", "desc").limit(1).executeTakeFirst());
    }),

  /**
   * Says that a shipment's label is about to be voided at the carrier, so that nobody hands the parcel over
   * between that and the end of its order. False when the carrier has it.
   */
  claimVoid: (shipmentId: string, at: string): Promise<boolean> =>
    transact(db, async (tx) => {
      const { shipment } = await lockShipment(tx, shipmentId);
      if (shipment.state === "cancelled") return true;
      if (!findTransition("shipment", shipment.state, "cancel")) return false;
      const claim = tx.updateTable("shipment").set({ voidingSince: at });
      await claim.where("id", "=", shipmentId).execute();
      return true;
    }),

  /** The seller gave the parcel to the carrier; the order follows. One that is on its way is left alone. */
  handOver: (shipmentId: string, actor: string, at: string): Promise<Shipment> =>
    transact(db, async (tx) => {
      const { order, shipment } = await lockShipment(tx, shipmentId);
      const { state: from } = shipment;
      if (HANDED_OVER_STATES.includes(from)) return shipment;
      const to = nextState("shipment", shipmentId, from, "scan");
      requireShippable(order);
      requireUnclaimed(shipment, at);
      const after = await moveShipment(tx, shipment, "scan", actor, at);
      const step = { machine: "shipment", event: "scan", from, to } as const;
      await followShipment(tx, order, [{ step, actor, at }], after.estimatedDeliveryAt);
      return after;
    }),

  /**
   * Applies what the carrier says, by the shortest legal way; the order follows. What is older changes
   * nothing. A shipment whose label is void is followed by a new one. `sentBy` is who asked for a parcel to be sent again, if anybody did.
   */
  settle: (
    shipmentId: string,
    told: ShipmentTold,
    at: string,
    sentBy: string = PROVIDER,
  ): Promise<Shipment> =>
    transact(db, async (tx) => {
      const { order, shipment } = await lockShipment(tx, shipmentId);
      const isNewest = await insertScans(tx, shipmentId, told.scans);
      const path = providerPath("shipment", shipment.state, told.state);
      const { providerId, carrier, trackingCode, labelUrl, estimatedDeliveryAt } = told;
      const label = { providerId, carrier, trackingCode, labelUrl, estimatedDeliveryAt };
      // The label of a shipment that was cancelled meanwhile: known by its id, it can be voided later too.
      if (shipment.state === "cancelled" && shipment.providerId === null) {
        const labelled = await updateShipment(tx, shipmentId, label);
        await recordShipment(tx, labelled, PROVIDER, at);
        return labelled;
      }
      const tellsMore = path?.length !== 0 || estimatedDeliveryAt !== shipment.estimatedDeliveryAt;
      if (!isNewest || path === null || !tellsMore) return shipment;
      const after = await updateShipment(tx, shipmentId, {
        ...label,
        state: told.state,
        changedAt: at,
      });
      const taken = path.map((step): TakenStep => {
        const actor = step.event === "send_again" ? sentBy : PROVIDER;
        return { step, actor, at: timeOf(step, told.scans, at) };
      });
      for (const one of taken) await recordTransition(tx, one.step, shipmentId, one.actor, one.at);
      await recordShipment(tx, after, PROVIDER, at);
      await followShipment(tx, order, taken, estimatedDeliveryAt);
      // A label that its carrier made void is no reason for an order to wait without a shipment.
      if (after.state === "cancelled" && path.length > 0 && isShippable(order))
        await insertShipment(tx, order.id, PROVIDER, at);
      return after;
    }),

  /** Puts the goods of a parcel that came back on the shelf again; once, whoever asks how often. */
  restock: (
    shipmentId: string,
    actor: string,
    at: string,
  ): Promise<{ shipment: Shipment; publicationIds: string[]; again: boolean }> =>
    transact(db, async (tx) => {
      const { order, shipment } = await lockShipment(tx, shipmentId);
      if (shipment.restockedAt) return { shipment, publicationIds: [], again: true };
      if (shipment.state !== "returned") throw notReturned(shipment);
      const next = await lockNext(tx, shipment);
      if (next) throw sentAgain(shipment, next);
      const after = await updateShipment(tx, shipmentId, { restockedAt: at, changedAt: at });
      await recordShipment(tx, after, actor, at, "shipment.restocked");
      const publicationIds = await restoreStock(tx, order.id, actor, at);
      return { shipment: after, publicationIds, again: false };
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
  }: SaleFilter): Promise<(Shipment & { buyerId: string; sellerId: string | null })[]> =>
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

/** Locks a later shipment of the same order, whose own is locked; one that was cancelled never went out. */
function lockNext(tx: AuroraTransaction, { id, orderId }: Shipment): Promise<Shipment | undefined> {
  return tx
    .selectFrom("shipment")
    .selectAll()
    .where("orderId", "=", orderId)
    .where("id", ">", id)
    .where("state", "!=", "cancelled")
    .orderBy("id", "desc")
    .limit(1)
    .forUpdate()
    .executeTakeFirst();
}

/** How the goods of an order go out: by a parcel that waits, one that is on its way already, or a new one. */
function wayToShip(
  order: Pick<OrderRow, "id" | "state">,
  latest: Shipment | undefined,
): ShipmentToCome {
  if (latest?.state === "delivered") return { latest, way: "as_it_is" };
  if (latest?.state === "shipped") {
    if (order.state === "not_delivered") throw lateParcel(latest);
    return { latest, way: "as_it_is" };
  }
  requireShippable(order);
  if (!latest) throw nothingToShip(order);
  if (latest.state === "pending") return { latest, way: "as_waiting" };
  if (!GONE_STATES.includes(latest.state)) return { latest, way: "as_it_is" };
  if (latest.restockedAt) throw restockedAlready(latest);
  return { latest, way: "anew" };
}

/** When the carrier did this step: the time of the last scan that says so, else now. */
function timeOf(step: Transition, scans: readonly Scan[], at: string): string {
  return scans.findLast(({ state }) => state === step.to)?.at ?? at;
}

function nothingToShip({ id, state }: { id: string; state: string }): MktError {
  return new MktError("illegal_transition", `order ${id} is ${state}: there is nothing to ship`, {
    hint: `mkt order show ${id} says why`,
  });
}

function lateParcel({ id, orderId }: Shipment): MktError {
  return new MktError(
    "illegal_transition",
    `order ${orderId} is late, but its parcel is still with the carrier: it is not sent again`,
    { hint: `mkt shipment track ${id} asks the carrier where it is` },
  );
}

function restockedAlready({ id, orderId }: Shipment): MktError {
  return new MktError(
    "illegal_transition",
    `the goods of shipment ${id} are in stock again: they are not sent again`,
    {
      hint: `give the money back: mkt payment list --order ${orderId}, mkt payment refund PAYMENT`,
    },
  );
}

function notReturned({ id, state }: Shipment): MktError {
  return new MktError(
    "illegal_transition",
    `shipment ${id} is ${state.replaceAll("_", " ")}: only what came back goes into stock again`,
    { hint: `mkt shipment track ${id} asks the carrier where it is` },
  );
}

function sentAgain({ id }: Shipment, { id: latestId }: Shipment): MktError {
  return new MktError(
    "illegal_transition",
    `the goods of shipment ${id} were sent again as shipment ${latestId}`,
    { hint: `mkt shipment track ${latestId} asks the carrier where it is` },
  );
}

/** Whoever voids a label ends the order right after; a claim that is older was given up. */
function requireUnclaimed({ orderId, voidingSince }: Shipment, at: string): void {
  if (voidingSince === null || at >= minutesAfter(voidingSince, VOIDING_MINUTES)) return;
  throw new MktError(
    "illegal_transition",
    `order ${orderId} is being cancelled: its label is no longer valid`,
    { hint: `mkt order show ${orderId}` },
  );
}
