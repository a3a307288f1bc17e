import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import { copyActivity } from "./copy-activity.ts";
import { expirePayments } from "./expire-payments.ts";
import { expireReservations } from "./expire-reservations.ts";
import { rebuildHome } from "./rebuild-home.ts";
import { processWebhooks, receiveWebhook } from "./receive-webhook.ts";
import { relay } from "./relay.ts";
import { settleRefunds } from "./settle-payment.ts";

/** One thing that the worker does again and again. */
interface Chore {
  name: string;
  everyMs: number;
  work: () => Promise<unknown>;
}

const RETRY_MS = 1_000;

/** Everything the worker does, until it is told to stop: each chore in a loop of its own. */
export async function work(
  deps: Deps,
  stopping: AbortSignal,
  log: (text: string) => void,
): Promise<void> {
  const receiver = await deps.webhookReceiver.start({
    handle: (delivery) => receiveWebhook(delivery, deps),
    onError: (error) => log(`webhook receiver: ${describe(error)}`),
  });
  const chores: Chore[] = [
    { name: "webhooks", everyMs: 50, work: () => processWebhooks(deps) },
    { name: "relay", everyMs: 200, work: () => relay(deps) },
    { name: "home", everyMs: 500, work: () => rebuildHome(deps) },
    { name: "refunds", everyMs: 1_000, work: () => settleRefunds(undefined, deps) },
    { name: "overdue payments", everyMs: 5_000, work: () => expirePayments(deps) },
    { name: "reservations", everyMs: 1_000, work: () => expireReservations(deps) },
    { name: "activity", everyMs: 30_000, work: () => copyActivity(deps) },
  ];
  try {
    await Promise.all(chores.map((chore) => repeat(chore, stopping, log)));
  } finally {
    await receiver.close();
  }
}

/** A store that is away is said once, and waited for; any other error is said every time. */
async function repeat(
  { name, everyMs, work }: Chore,
  stopping: AbortSignal,
  log: (text: string) => void,
): Promise<void> {
  let away = "";
  while (!stopping.aborted) {
    let waitMs = everyMs;
    try {
      await work();
      if (away) log(`${name}: goes on`);
      away = "";
    } catch (error) {
      const why = describe(error);
      if (!hasCode(error, "unavailable") || why !== away) log(`${name}: ${why}`);
      away = hasCode(error, "unavailable") ? why : "";
      waitMs = RETRY_MS;
    }
    await pause(waitMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

function describe(error: unknown): string {
  if (hasCode(error, "unavailable") && error instanceof Error) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
