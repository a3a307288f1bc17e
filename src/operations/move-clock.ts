import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { ORDER_READERS } from "../domain/order.ts";
import { type RunningTimer, stepMs } from "../domain/timers.ts";
import { hasCode, MktError } from "../errors.ts";
import type { Happening } from "../stores/aurora/order-timers.ts";
import { setSimulators } from "./follow-clock.ts";
import { PROVIDERS, processWebhooks, settleObject, type WebhookDeps } from "./receive-webhook.ts";
import { TIMER_CHORES, type TimerDeps } from "./run-timers.ts";
import { settleRefunds } from "./settle-payment.ts";

type MoveDeps = TimerDeps & WebhookDeps & Pick<Deps, "marketClock" | "simulators" | "realNow">;

/** The marketplace's time. */
interface ClockTime {
  now: string;
  realNow: string;
  offsetMs: number;
}

/** Where the clock stands, and what is due next. */
export interface ClockReport extends ClockTime {
  /** Whether this marketplace's clock can be moved. */
  isMovable: boolean;
  timers: RunningTimer[];
}

/** How the clock was moved, and what providers and timers did by it, the oldest first. */
export interface ClockMoved extends ClockTime {
  before: string;
  happened: Happening[];
}

const HAPPENINGS_LIMIT = 10_000;
const TIMERS_READ = 50;
const EVENTS_PAGE = 1_000;
const WEBHOOK_ROUNDS = 100;

/** The marketplace's time and the timers that are due next; for staff. */
export async function showClock(
  { actor, limit }: { actor: Actor; limit: number },
  deps: Pick<Deps, "marketClock" | "orderTimers" | "now" | "realNow">,
): Promise<ClockReport> {
  requireStaff(actor, ...ORDER_READERS);
  const timers = await deps.orderTimers.upcoming(limit);
  return { ...timeOf(deps), isMovable: deps.marketClock.isMovable, timers };
}

/**
 * Moves the marketplace's clock forward, in steps, so that everything happens near its time: at each step
 * the providers' clocks follow, what they tell is applied, and only then do the timers act. Providers that
 * are away follow later; timers that ask them wait. For operators, on the local profile.
 */
export async function moveClock(
  { actor, byMs }: { actor: Actor; byMs: number },
  deps: MoveDeps,
): Promise<ClockMoved> {
  requireStaff(actor, "operator");
  const { marketClock, orderTimers, now } = deps;
  if (!marketClock.isMovable) {
    throw new MktError("not_allowed", "only the local profile's clock can be moved", {
      hint: "mkt clock show --profile local",
    });
  }
  if (!(Number.isSafeInteger(byMs) && byMs > 0)) {
    throw new MktError("invalid", "the marketplace's clock only goes forward");
  }
  return marketClock.alone(async () => {
    await marketClock.refresh();
    const before = now();
    const sinceId = newId();
    await marketClock.announce(byMs, actor.userId);
    const jump: Jump = { deps, away: undefined, problem: undefined };
    await hearWebhooks(jump);
    let timers = await orderTimers.upcoming(TIMERS_READ);
    for (let doneMs = 0, steps = 0; doneMs < byMs; steps += 1) {
      const at = now();
      // One that is due already could not act: it must not be waited for again and again.
      const next = timers.find(({ dueAt }) => dueAt > at);
      const dueInMs = next && Date.parse(next.dueAt) - Date.parse(at);
      const step = stepMs({ jumpMs: byMs, doneMs, steps, dueInMs });
      await marketClock.advance(step);
      doneMs += step;
      await hearProviders(jump, at);
      timers = await runDueTimers(jump);
    }
    await hearWebhooks(jump);
    if (jump.problem) throw jump.problem;
    const happened = await orderTimers.happenedSince(sinceId, HAPPENINGS_LIMIT);
    return { before, ...timeOf(deps), happened };
  });
}

/** A jump under way. */
interface Jump {
  deps: MoveDeps;
  /** Why the providers do not follow; undefined: they do. */
  away: unknown;
  /** The first thing that went wrong otherwise. */
  problem: unknown;
}

function timeOf({
  marketClock,
  now,
  realNow,
}: Pick<Deps, "marketClock" | "now" | "realNow">): ClockTime {
  return { now: now(), realNow: realNow(), offsetMs: marketClock.offsetMs() };
}

/** Takes the providers along, and applies what happened there since. What was never told stays unheard. */
async function hearProviders(jump: Jump, since: string): Promise<void> {
  const { deps } = jump;
  if (jump.away) return;
  try {
    const told = await setSimulators(deps.marketClock.offsetMs(), deps.simulators);
    for (const provider of PROVIDERS) {
      if (told[provider].length === 0) continue;
      const events = await eventsSince(provider, since, new Set(told[provider]), deps);
      for (const { data } of events.values()) await settleTold(data, deps);
    }
    await settleRefunds(undefined, deps);
  } catch (error) {
    note(jump, error);
  }
}

/** The last event of each thing, among those wanted. */
async function eventsSince(
  provider: (typeof PROVIDERS)[number],
  since: string,
  wanted: ReadonlySet<string>,
  { paymentProvider, shippingProvider }: MoveDeps,
) {
  const source = provider === "payments" ? paymentProvider : shippingProvider;
  const things = new Map<string, Awaited<ReturnType<typeof source.listEvents>>[number]>();
  let after: string | undefined;
  do {
    const page = await source.listEvents({ since, limit: EVENTS_PAGE, after });
    for (const event of page) if (wanted.has(event.id)) things.set(event.data.id, event);
    after = page.length === EVENTS_PAGE ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
  return things;
}

/** What cannot be applied is tried again, and kept, by its webhook. */
async function settleTold(data: Parameters<typeof settleObject>[0], deps: MoveDeps): Promise<void> {
  try {
    await settleObject(data, deps);
  } catch (error) {
    if (hasCode(error, "unavailable")) throw error;
  }
}

/** Runs all timers if any is due; gives those that run then. */
async function runDueTimers(jump: Jump): Promise<RunningTimer[]> {
  const { deps } = jump;
  const { orderTimers, now } = deps;
  const timers = await orderTimers.upcoming(TIMERS_READ);
  const [first] = timers;
  if (!first || first.dueAt > now()) return timers;
  for (const { asksProvider, run } of TIMER_CHORES) {
    if (asksProvider && jump.away) continue;
    try {
      await run(deps);
    } catch (error) {
      note(jump, error);
    }
  }
  return orderTimers.upcoming(TIMERS_READ);
}

/** Acts on the webhooks that wait, until none does. */
async function hearWebhooks(jump: Jump): Promise<void> {
  try {
    for (let round = 0; round < WEBHOOK_ROUNDS; round += 1) {
      if ((await processWebhooks(jump.deps)) === 0) return;
    }
  } catch (error) {
    note(jump, error);
  }
}

/** A provider that is away is said once, and waited for; anything else is thrown when the jump is over. */
function note(jump: Jump, error: unknown): void {
  if (!hasCode(error, "unavailable")) {
    jump.problem ??= error;
    return;
  }
  if (!jump.away) {
    const why = error instanceof Error ? error.message : String(error);
    jump.deps.notice(`${why}: it follows when it is back, and what asks it waits until then`);
  }
  jump.away = error;
}
