import type { Deps } from "../deps.ts";
import { type Actor, isStaff, requireOneOf } from "../domain/actor.ts";
import { ORDER_READERS, type Order } from "../domain/order.ts";
import { MktError } from "../errors.ts";
import type { SaleFilter } from "../stores/aurora/order-rows.ts";
import type { OrderFilter } from "../stores/aurora/orders.ts";
import type { Payment, Refund } from "../stores/aurora/payment-rows.ts";
import type { Scan, Shipment } from "../stores/aurora/shipment-rows.ts";
import { afterId, type Listing, pageOf } from "./manage-users.ts";
import { resolveUser } from "./resolve-user.ts";

interface Paging {
  actor: Actor;
  limit: number;
  pageToken?: string | undefined;
}

export interface OrderQuery extends Paging {
  state?: string | undefined;
  buyer?: string | undefined;
  seller?: string | undefined;
  purchase?: string | undefined;
  flag?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** Staff see every sale, others those that they are part of. */
export function partyOf(actor: Actor): string | undefined {
  return isStaff(actor, ...ORDER_READERS) && actor.operatorId === null ? undefined : actor.userId;
}

/** Orders, newest first. The page token is the last id. */
export async function listOrders(
  { actor, limit, pageToken, buyer, seller, purchase, ...filter }: OrderQuery,
  deps: Pick<Deps, "orders" | "users" | "lookup">,
): Promise<Listing<Order>> {
  const query: OrderFilter = {
    ...filter,
    limit: limit + 1,
    after: afterId(pageToken),
    partyId: partyOf(actor),
    buyerId: buyer && (await resolveUser(buyer, deps)).id,
    sellerId: seller && (await resolveUser(seller, deps)).id,
    purchaseId: purchase && (await deps.lookup.resolve("purchase", purchase)),
  };
  return pageOf(await deps.orders.list(query), limit);
}

export interface SaleQuery extends Paging {
  state?: string | undefined;
  order?: string | undefined;
}

type SaleDeps = Pick<Deps, "lookup" | "orders" | "payments" | "shipments">;

/** What a store is asked for a page: one row more than shown tells whether there is a next one. */
async function filterOf(
  { actor, limit, pageToken, state, order }: SaleQuery,
  { lookup }: SaleDeps,
): Promise<SaleFilter> {
  return {
    limit: limit + 1,
    after: afterId(pageToken),
    state,
    orderId: order && (await lookup.resolve("order", order)),
    partyId: partyOf(actor),
  };
}

/** Payments, newest first. */
export async function listPayments(query: SaleQuery, deps: SaleDeps): Promise<Listing<Payment>> {
  return pageOf(await deps.payments.list(await filterOf(query, deps)), query.limit);
}

/** Shipments, newest first. */
export async function listShipments(query: SaleQuery, deps: SaleDeps): Promise<Listing<Shipment>> {
  return pageOf(await deps.shipments.list(await filterOf(query, deps)), query.limit);
}

/** One payment with its refunds and every state of it. */
export async function showPayment(
  { actor, payment: text }: { actor: Actor; payment: string },
  deps: SaleDeps,
) {
  const id = await deps.lookup.resolve("payment", text);
  const payment = await deps.payments.find(id);
  if (!payment) throw new MktError("not_found", `there is no payment ${text}`);
  await requireParty(actor, payment.orderId, `payment ${id}`, deps);
  const refunds: Refund[] = await deps.payments.refundsOf([id]);
  const transitions = await deps.orders.transitions([id, ...refunds.map((refund) => refund.id)]);
  return { ...payment, refunds, transitions };
}

/** One shipment with its scans and every state of it. */
export async function showShipment(
  { actor, shipment: text }: { actor: Actor; shipment: string },
  deps: SaleDeps,
) {
  const id = await deps.lookup.resolve("shipment", text);
  const shipment = await deps.shipments.find(id);
  if (!shipment) throw new MktError("not_found", `there is no shipment ${text}`);
  await requireParty(actor, shipment.orderId, `shipment ${id}`, deps);
  const scans: Scan[] = await deps.shipments.scansOf(id);
  return { ...shipment, scans, transitions: await deps.orders.transitions([id]) };
}

async function requireParty(
  actor: Actor,
  orderId: string,
  what: string,
  { orders }: SaleDeps,
): Promise<void> {
  const order = await orders.find(orderId);
  if (order) requireOneOf(actor, [order.buyerId, order.sellerId], what, ...ORDER_READERS);
}
