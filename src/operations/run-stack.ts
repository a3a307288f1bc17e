import { setTimeout as pause } from "node:timers/promises";
import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import { finishCaptures } from "./capture-payment.ts";
import { copyActivity } from "./copy-activity.ts";
import { type ClockFollower, clockFollower } from "./follow-clock.ts";
import { rollupKeeper } from "./keep-rollups.ts";
import { rebuildHome } from "./rebuild-home.ts";
import { processWebhooks, receiveWebhook } from "./receive-webhook.ts";
import { relay } from "./relay.ts";
import { TIMER_CHORES, type TimerChore } from "./run-timers.ts";
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
  const clock = clockFollower(deps);
  const chores: Chore[] = [
    newsChore({ name: "webhooks", everyMs: 50, work: () => processWebhooks(deps) }, clock),
    { name: "relay", everyMs: 200, work: () => relay(deps, undefined, { yielding: true }) },
    { name: "home", everyMs: 500, work: () => rebuildHome(deps) },
    newsChore(
      { name: "refunds", everyMs: 1_000, work: () => settleRefunds(undefined, deps) },
      clock,
    ),
    newsChore({ name: "captures", everyMs: 5_000, work: () => finishCaptures(deps) }, clock),
    ...TIMER_CHORES.map((timer) => timerChore(timer, clock, deps)),
    { name: "activity", everyMs: 30_000, work: () => copyActivity(deps) },
    { name: "rollups", everyMs: 5_000, work: rollupKeeper(deps) },
  ];
  try {
    await Promise.all(chores.map((chore) => repeat(chore, clock, stopping, log)));
  } finally {
    await receiver.close();
  }
}

/**
 * What providers tell happens at the marketplace's time as it is: within a jump of the clock, one that was read
 * a moment ago is days old, so whoever moves it hears them meanwhile.
 */
function newsChore({ work, ...chore }: Chore, clock: ClockFollower): Chore {
  return {
    ...chore,
    work: async () => {
      await clock.follow(0);
      if (clock.mayAct()) await work();
    },
  };
}

/** A timer acts at the marketplace's time, and never ahead of the providers that it asks. */
function timerChore(
  { name, everyMs, asksProvider, run }: TimerChore,
  clock: ClockFollower,
  deps: Deps,
): Chore {
  const work = async () => {
    if (!clock.mayAct()) return;
    if (asksProvider) clock.requireSimulators();
    await run(deps);
  };
  return { name, everyMs, work };
}

/** A store that is away is said once, and waited for; any other error is said every time. */
async function repeat(
  { name, everyMs, work }: Chore,
  clock: ClockFollower,
  stopping: AbortSignal,
  log: (text: string) => void,
): Promise<void> {
  let away = "";
  while (!stopping.aborted) {
    let waitMs = everyMs;
    try {
      await clock.follow();
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
