import pMap from "p-map";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { daysAfter } from "../domain/order.ts";
import type { Difference, ReconciledKind } from "../domain/reconciliation.ts";
import { providerPath } from "../domain/transitions.ts";
import { MktError } from "../errors.ts";
import type { WebhookProvider } from "../providers/webhook-event.ts";
import type { Shipment } from "../stores/aurora/shipment-rows.ts";
import type { Batch } from "../stores/aurora/unsettled.ts";
import type { Webhook } from "../stores/aurora/webhooks.ts";
import { type EventDeps, type MissingEvent, missingEvents } from "./list-webhooks.ts";
import { actOnWebhook, parseEvent, type WebhookDeps } from "./receive-webhook.ts";
import { checkOldPayment, checkPayment, checkRefund, type MoneyDeps } from "./reconcile-money.ts";
import { settleShipment } from "./settle-shipment.ts";

/** Events are those of the payment provider that we never received. */
type Counts = Record<ReconciledKind | "event", number>;

export interface Reconciliation {
  since: string;
  dryRun: boolean;
  checked: Counts;
  /** What its provider, being away, could not be asked about. */
  notChecked: Counts;
  /** Why not: what was said of each provider that is away. */
  unavailable: string[];
  differences: number;
  /** Differences about which nothing was possible. */
  failed: number;
  /** Ended before everything had its turn. */
  stopped: boolean;
}

export interface ReconcileRequest {
  actor: Actor;
  /** How far back what looks settled is asked about too (default: 7 days). */
  since?: string | undefined;
  dryRun?: boolean | undefined;
  /** Stops before the next batch. */
  stopping?: AbortSignal | undefined;
  progress?: ((kind: keyof Counts, done: number, total: number) => void) | undefined;
}

type ReconcileDeps = MoneyDeps & WebhookDeps & EventDeps;

const SINCE_DAYS = 7;
const BATCH = 100;
const AT_ONCE = 4;
/** So often in a row without an answer, and a provider counts as away for the rest. */
const UNANSWERED_LIMIT = 3;

/** One kind of thing: how its next batch is read, and how one of it is compared and settled. */
interface Pass<T extends { id: string }> {
  kind: keyof Counts;
  read: (batch: Batch) => Promise<T[]>;
  provider: (row: T) => WebhookProvider;
  check: (row: T) => Promise<Difference | undefined>;
}

/**
 * Finishes what is unsettled by asking the providers, and gives every difference as it is found. Repeating
 * it changes nothing more. A provider that is away keeps only its own things from being checked. For staff.
 */
export async function* reconcile(
  request: ReconcileRequest,
  deps: ReconcileDeps,
): AsyncGenerator<Difference, Reconciliation> {
  requireStaff(request.actor, "operator", "support");
  const { since = daysAfter(deps.now(), -SINCE_DAYS), dryRun = false } = request;
  const { unsettled } = deps;
  const zero = { payment: 0, refund: 0, shipment: 0, webhook: 0, event: 0 };
  const result: Reconciliation = {
    since,
    dryRun,
    checked: { ...zero },
    notChecked: { ...zero },
    unavailable: [],
    differences: 0,
    failed: 0,
    stopped: false,
  };
  const totals = { ...zero, ...(await unsettled.count(since)) };
  const away = { payments: 0, shipping: 0 };
  const shared = { request, result, totals, away };
  yield* run(shared, {
    kind: "payment",
    read: (batch) => unsettled.payments(since, batch),
    provider: () => "payments",
    check: (row) => checkPayment(row, dryRun, deps),
  });
  yield* run(shared, {
    kind: "refund",
    read: (batch) => unsettled.refunds(batch),
    provider: () => "payments",
    check: (row) => checkRefund(row, dryRun, deps),
  });
  yield* run(shared, {
    kind: "shipment",
    read: (batch) => unsettled.shipments(since, batch),
    provider: () => "shipping",
    check: (row) => checkShipment(row, dryRun, deps),
  });
  yield* run(shared, {
    kind: "webhook",
    read: (batch) => unsettled.webhooks(batch),
    provider: ({ provider }) => provider,
    check: (row) => checkWebhook(row, dryRun, deps),
  });
  const events = missingEvents({ provider: "payments", since }, deps);
  const told = new Set<string>();
  yield* run(shared, {
    kind: "event",
    read: async ({ limit }) => {
      const batch: MissingEvent[] = [];
      while (batch.length < limit) {
        const { done, value } = await events.next();
        if (done) break;
        batch.push(value);
      }
      return batch;
    },
    provider: () => "payments",
    check: async ({ object, objectId }) => {
      if (object !== "payment" || told.has(objectId)) return undefined;
      const found = await checkOldPayment(objectId, { since, dryRun }, deps);
      if (found) told.add(objectId);
      return found;
    },
  });
  return result;
}

interface Shared {
  request: ReconcileRequest;
  result: Reconciliation;
  totals: Counts;
  /** How often in a row each provider did not answer. */
  away: Record<WebhookProvider, number>;
}

async function* run<T extends { id: string }>(
  { request: { stopping, progress }, result, totals, away }: Shared,
  { kind, read, provider, check }: Pass<T>,
): AsyncGenerator<Difference> {
  const miss = (error: unknown): void => {
    if (!(error instanceof MktError) || error.code !== "unavailable") throw error;
    result.notChecked[kind] += 1;
    if (!result.unavailable.includes(error.message)) result.unavailable.push(error.message);
  };
  const ask = async (row: T): Promise<Difference | undefined> => {
    const asked = provider(row);
    if (away[asked] >= UNANSWERED_LIMIT) {
      result.notChecked[kind] += 1;
      return undefined;
    }
    try {
      const found = await check(row);
      away[asked] = 0;
      result.checked[kind] += 1;
      return found;
    } catch (error) {
      miss(error);
      away[asked] += 1;
      return undefined;
    }
  };
  let after: string | undefined;
  let done = 0;
  for (;;) {
    if (stopping?.aborted) result.stopped = true;
    if (result.stopped) return;
    let rows: T[];
    try {
      rows = await read({ after, limit: BATCH });
    } catch (error) {
      // Only events are read from a provider.
      if (kind !== "event") throw error;
      miss(error);
      return;
    }
    const found = await pMap(rows, (row) => ask(row).catch(refusedOf(kind, row)), {
      concurrency: AT_ONCE,
    });
    for (const difference of found) {
      if (!difference) continue;
      result.differences += 1;
      if (difference.action === "nothing possible") result.failed += 1;
      yield difference;
    }
    done += rows.length;
    progress?.(kind, done, Math.max(done, totals[kind]));
    if (rows.length < BATCH) return;
    after = rows.at(-1)?.id;
  }
}

/** A definite refusal is one thing's own: the others have their turn all the same. */
function refusedOf(kind: keyof Counts, row: { id: string }) {
  const { orderId = null, state = "unknown" } = row as { orderId?: string; state?: string };
  return (error: unknown): Difference => {
    if (!(error instanceof MktError)) throw error;
    const { message: reason } = error;
    const shown = { id: row.id, orderId, ours: state, theirs: "unknown" };
    return {
      ...shown,
      kind: kind === "event" ? "payment" : kind,
      action: "nothing possible",
      after: null,
      reason,
    };
  };
}

/** Compares a shipment with its carrier and, unless it is dry, makes both agree; voids labels nobody needs. */
async function checkShipment(
  row: Shipment,
  dryRun: boolean,
  deps: ReconcileDeps,
): Promise<Difference | undefined> {
  const { id, orderId } = row;
  const ask = ({ providerId }: Shipment) =>
    providerId
      ? deps.shippingProvider.getShipment(providerId)
      : deps.shippingProvider.findByKey(id);
  const told = await ask(row);
  const ours = (await deps.shipments.find(id)) ?? row;
  if (!told || sameState(ours.state, told.state)) return undefined;

  const difference = {
    kind: "shipment",
    id,
    orderId,
    ours: ours.state,
    theirs: told.state,
  } as const;
  const isVoidable = ours.state === "cancelled" && told.state === "ready_to_ship";
  const hasWay = providerPath("shipment", ours.state, told.state) !== null;
  const action = isVoidable ? "voided" : hasWay ? "applied" : "nothing possible";
  if (dryRun) return { ...difference, action, after: null, reason: null };
  await settleShipment(id, deps);
  const after = (await deps.shipments.find(id)) ?? ours;
  const solved = sameState(after.state, (await ask(after))?.state);
  if (solved && action === "nothing possible") return undefined;
  return {
    ...difference,
    action: solved ? action : "nothing possible",
    after: after.state,
    reason: solved ? null : "no legal step leads from ours to theirs",
  };
}

/** A parcel that its seller handed over may not have been scanned yet. */
const sameState = (ours: string, theirs: string | undefined) =>
  ours === theirs || (ours === "shipped" && theirs === "ready_to_ship");

/** Acts again on a message about which nothing was done yet. */
async function checkWebhook(
  webhook: Webhook,
  dryRun: boolean,
  deps: ReconcileDeps,
): Promise<Difference | undefined> {
  const { id, attempts, state } = webhook;
  const event = parseEvent(webhook.body);
  const about = async () => event && deps.webhooks.subject(event.data.object, event.data.id);
  const shown = {
    kind: "webhook" as const,
    id,
    ours: attempts === 0 ? state : `${state} ${attempts === 1 ? "once" : `${attempts} times`}`,
    theirs: event?.type ?? "unknown",
  };
  if (dryRun) {
    const orderId = (await about())?.orderId ?? null;
    return { ...shown, orderId, action: "applied", after: null, reason: null };
  }
  const reason = await actOnWebhook(webhook, deps);
  const orderId = (await about())?.orderId ?? null;
  if (reason === undefined)
    return { ...shown, orderId, action: "applied", after: "done", reason: null };
  return { ...shown, orderId, action: "nothing possible", after: "failed", reason };
}
