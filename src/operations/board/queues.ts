import type { Deps } from "../../deps.ts";
import { type Actor, requireStaff } from "../../domain/actor.ts";
import type { BoardFrom, BoardPage } from "../../domain/order-board.ts";
import type {
  OpenPayment,
  OpenRefund,
  ShipmentQueue,
  WaitingQuestion,
  WaitingShipment,
  WaitingWebhook,
} from "../../stores/aurora/board-queues.ts";
import { kept } from "./kept.ts";

/** A page of a queue, oldest first, and how many wait in all. */
export interface Queue<Row> extends BoardPage<Row> {
  total: number;
}

export interface QueueRequest {
  actor: Actor;
  /** A row is named by its id, in queues of shipments by `SINCE~ID`. */
  from: BoardFrom;
  limit: number;
}

type QueueDeps = Pick<Deps, "board" | "now">;

const COUNT_KEPT_MS = 500;

/** Questions that nobody answered, for staff; those asked a moment ago follow when they are relayed. */
export function waitingQuestions(
  { actor, ...want }: QueueRequest,
  { board }: QueueDeps,
): Promise<Queue<WaitingQuestion>> {
  requireStaff(actor, "operator", "support");
  return counted(board, "questions", board.waitingQuestions(want), () =>
    board.waitingQuestionCount(),
  );
}

/** Payments that are not decided, for staff. */
export function openPayments(
  { actor, ...want }: QueueRequest,
  { board }: QueueDeps,
): Promise<Queue<OpenPayment>> {
  requireStaff(actor, "operator", "support");
  return counted(board, "payments", board.openPayments(want), () => board.openPaymentCount());
}

/** Refunds that buyers do not have yet, for staff. */
export function openRefunds(
  { actor, ...want }: QueueRequest,
  { board }: QueueDeps,
): Promise<Queue<OpenRefund>> {
  requireStaff(actor, "operator", "support");
  return counted(board, "refunds", board.openRefunds(want), () => board.openRefundCount());
}

/** Messages of providers on which nobody has acted, for staff. */
export function waitingWebhooks(
  { actor, ...want }: QueueRequest,
  { board }: QueueDeps,
): Promise<Queue<WaitingWebhook>> {
  requireStaff(actor, "operator", "support");
  return counted(board, "webhooks", board.waitingWebhooks(want), () => board.waitingWebhookCount());
}

/** Orders whose parcels somebody waits for, for staff; without those that came with their history. */
export function waitingShipments(
  { actor, queue, ...want }: QueueRequest & { queue: ShipmentQueue },
  { board, now }: QueueDeps,
): Promise<Queue<WaitingShipment>> {
  requireStaff(actor, "operator", "support");
  const at = now();
  return counted(board, queue, board.waitingShipments(queue, at, want), () =>
    board.waitingShipmentCount(queue, at),
  );
}

/** How many wait in each queue, for staff. */
export interface QueueCounts {
  questions: number;
  payments: number;
  refunds: number;
  webhooks: number;
  dispatch: number;
  late: number;
  notDelivered: number;
}

export async function queueCounts(
  { actor }: { actor: Actor },
  { board, now }: QueueDeps,
): Promise<QueueCounts> {
  requireStaff(actor, "operator", "support");
  const at = now();
  const count = async (name: string, read: () => Promise<number>) =>
    (await kept(board, `count of ${name}`, COUNT_KEPT_MS, read)).value;
  const parcels = (queue: ShipmentQueue) =>
    count(queue, () => board.waitingShipmentCount(queue, at));
  const [questions, payments, refunds, webhooks, dispatch, late, notDelivered] = await Promise.all([
    count("questions", () => board.waitingQuestionCount()),
    count("payments", () => board.openPaymentCount()),
    count("refunds", () => board.openRefundCount()),
    count("webhooks", () => board.waitingWebhookCount()),
    parcels("dispatch"),
    parcels("late"),
    parcels("not_delivered"),
  ]);
  return { questions, payments, refunds, webhooks, dispatch, late, notDelivered };
}

async function counted<Row>(
  owner: object,
  name: string,
  reading: Promise<BoardPage<Row>>,
  count: () => Promise<number>,
): Promise<Queue<Row>> {
  const [page, total] = await Promise.all([
    reading,
    kept(owner, `count of ${name}`, COUNT_KEPT_MS, count),
  ]);
  return { ...page, total: Math.max(total.value, page.rows.length) };
}
