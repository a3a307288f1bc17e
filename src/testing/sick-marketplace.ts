import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { TestContext } from "vitest";
import { packageDirectory } from "../config.ts";
import type { Actor } from "../domain/actor.ts";
import type { Fault } from "../domain/law.ts";
import { ask } from "../operations/ask.ts";
import { buy } from "../operations/buy.ts";
import { cancelOrder } from "../operations/cancel-order.ts";
import { type Examination, examine } from "../operations/doctor/examine.ts";
import { openDispute } from "../operations/open-dispute.ts";
import { pay } from "../operations/pay.ts";
import { resolveDispute } from "../operations/resolve-dispute.ts";
import { review } from "../operations/review.ts";
import { ship } from "../operations/ship.ts";
import { openTable, type Table } from "../stores/dynamo/client.ts";
import { type Marketplace, testMarketplace } from "./marketplace.ts";

/** A marketplace in which something of everything happened, for whoever spoils it. */
export interface SickMarketplace extends Marketplace {
  staff: Actor;
  buyer: Actor;
  seller: Actor;
  lampId: string;
  questionId: string;
  imageId: string;
  /** A webhook of a payment that was acted on. */
  webhookId: string;
  /** Orders by what became of them. */
  orders: Record<
    "cancelled" | "completed" | "paid" | "reserved" | "partRefunded" | "disputed",
    string
  >;
  /** Buys a lamp, and pays it if a card is given; gives the order. */
  bought(key: string, card?: string): Promise<string>;
  /** DynamoDB itself. */
  table: Table;
  /** Aurora as who may change everything, without triggers and most of the checks. */
  admin: pg.Client;
  /** Changes rows that no role of mkt may change; `$1` and so on stand for the values. */
  spoil(statement: string, ...values: readonly unknown[]): Promise<void>;
  /** The first column of the first row. */
  ask(statement: string, ...values: readonly unknown[]): Promise<string>;
}

const WAIT_MS = 5_000;
/** What the database itself forbids, and only somebody who changes it by hand gets past. */
const SAFEGUARDS = [
  "alter table publication drop constraint publication_stock_check",
  'alter table "order" drop constraint order_check',
  "alter table review drop constraint review_order_line_id_key",
  "drop index payment_open",
];

export async function sickMarketplace(
  t: TestContext,
  { stock = 20, ...options }: { now?: () => string; stock?: number } = {},
): Promise<SickMarketplace> {
  const market = await testMarketplace(t, options);
  const { deps, config } = market;
  const [staff, ana, beto] = [
    await market.user("root", "operator"),
    await market.user("ana"),
    await market.user("beto"),
  ];
  const bytes = await readFile(join(packageDirectory(), "fixtures/images/lamp.jpg"));
  const lamp = await market.publication(ana, {
    title: "Reading lamp",
    stock,
    images: [{ name: "lamp.jpg", bytes }],
  });
  const bought = async (key: string, card?: string) => {
    const wanted = [{ publication: lamp.id, quantity: 1 }];
    const { orders } = await buy({ actor: beto, key, wanted, shipTo: null }, deps);
    const [{ id = "" } = {}] = orders;
    if (card) await pay({ actor: beto, target: id, card, waitMs: WAIT_MS }, deps);
    return id;
  };
  const delivered = async (key: string) => {
    const id = await bought(key, "tok_approved");
    await ship({ actor: ana, order: id }, deps);
    await market.until(async () => (await deps.orders.find(id))?.state === "delivered");
    return id;
  };
  const disputed = async (key: string) => {
    const order = await delivered(key);
    await openDispute({ actor: beto, order, reason: "not_as_described", note: "scratched" }, deps);
    return order;
  };

  const cancelled = await bought("cancelled", "tok_approved");
  await cancelOrder({ actor: ana, order: cancelled, reason: "broken in store" }, deps);
  const completed = await delivered("completed");
  const praise = { lineNumber: 1, conforms: true, rating: 5, text: "As described" };
  await review({ actor: beto, order: completed, ...praise }, deps);
  const partRefunded = await disputed("part");
  await resolveDispute({ actor: staff, order: partRefunded, refund: { amount: "5.00" } }, deps);
  const orders = {
    cancelled,
    completed,
    partRefunded,
    disputed: await disputed("disputed"),
    paid: await bought("paid", "tok_approved"),
    reserved: await bought("reserved"),
  };
  const question = await ask({ actor: beto, publication: lamp.id, text: "How tall?" }, deps);
  await market.until(async () => (await deps.payments.unsettledRefunds(1)).length === 0);
  await market.relay();

  const { host, port, adminRole: user, password, database } = config.profile.aurora;
  const admin = new pg.Client({ host, port, user, password, database });
  await admin.connect();
  t.onTestFinished(() => admin.end());
  for (const statement of SAFEGUARDS) await admin.query(statement);
  await admin.query("set session_replication_role = replica");
  const table = openTable(config.profile.dynamo);
  t.onTestFinished(() => table.close());
  const firstOf = async (statement: string, ...values: readonly unknown[]) => {
    const { rows } = await admin.query({ text: statement, values: [...values], rowMode: "array" });
    return String(rows[0]?.[0]);
  };
  return {
    ...market,
    staff,
    buyer: beto,
    seller: ana,
    bought,
    table,
    admin,
    lampId: lamp.id,
    questionId: question.id,
    imageId: lamp.images[0] ?? "",
    webhookId: await firstOf("select id from webhook where provider = 'payments' order by id"),
    orders,
    spoil: async (statement, ...values) => {
      const { rowCount } = await admin.query(statement, [...values]);
      if (rowCount !== 1) throw new Error(`${rowCount} rows changed by ${statement}`);
    },
    ask: firstOf,
  };
}

/** Lets the doctor examine everything; nothing is mended unless somebody approves. */
export function check(
  { staff, deps }: SickMarketplace,
  more: Partial<Parameters<typeof examine>[0]> = {},
): Promise<Examination> {
  const request = {
    actor: staff,
    laws: [],
    limit: 100,
    approve: undefined,
    stopping: new AbortController().signal,
    progress: () => undefined,
  };
  return examine({ ...request, ...more }, deps);
}

/** Faults as `LAW ID`. */
export function named(faults: readonly Fault[]): string[] {
  return faults.map(({ law, id }) => `${law} ${id}`);
}
