import { MktError } from "../errors.ts";
import type { Engine, RunningEngine } from "./engine.ts";
import { isRunning, signal } from "./processes.ts";
import { STORE_LABELS, type StoreName } from "./store-names.ts";

export type StoreState = "up" | "down" | "starting" | "failed";

/** What a keeper knows of its engine. */
export interface KeeperStatus {
  state: StoreState;
  pid: number | null;
  /** When the engine came up. */
  since: string | null;
  /** Why it failed. */
  reason: string | null;
}

/** Keeps one engine running, or down when somebody took it down on purpose. */
export interface Keeper {
  /** Resolves when the engine is up. One that died is started again; one that is down on purpose is an error. */
  ensure(): Promise<void>;
  /** Starts an engine that died, unless it keeps failing: then ever more rarely. */
  check(): Promise<void>;
  up(): Promise<void>;
  down(): Promise<void>;
  /** Kills the engine's process, if it has one of its own: it then touches no file any more. */
  abandon(): void;
  status(): KeeperStatus;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

export function keeper(
  store: StoreName,
  engine: Engine,
  { downOnPurpose, log }: { downOnPurpose: boolean; log: (text: string) => void },
): Keeper {
  const label = STORE_LABELS[store];
  let wanted = !downOnPurpose;
  let state: StoreState = "down";
  let running: RunningEngine | undefined;
  let since: string | null = null;
  let failure: unknown;
  let failures = 0;
  let retryAt = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let starting: Promise<void> | undefined;

  /** Starts and stops of one engine never overlap. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  }

  /** All who wait for an engine share one start, and its failure. */
  function startOnce(): Promise<void> {
    starting ??= inTurn(start).finally(() => {
      starting = undefined;
    });
    return starting;
  }

  function isUp(): boolean {
    return running !== undefined && isRunning(running.process);
  }

  async function start(): Promise<void> {
    if (!wanted) {
      throw new MktError("unavailable", `${label} is down in the local stack`, {
        hint: `mkt up ${store} starts it`,
      });
    }
    if (isUp()) return;
    if (running) log(`${store} died`);
    state = "starting";
    try {
      await running?.close().catch(() => undefined);
      running = await engine.start();
      since = new Date().toISOString();
      state = "up";
      failures = 0;
      failure = undefined;
      log(`${store} is up (process ${running.process.pid})`);
    } catch (error) {
      running = undefined;
      state = "failed";
      failure = error;
      retryAt = Date.now() + Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
      failures += 1;
      log(`${store} failed: ${error instanceof Error ? error.stack : String(error)}`);
      throw error;
    }
  }

  return {
    ensure: async () => {
      if (!wanted || state !== "up" || !isUp()) await startOnce();
    },
    check: async () => {
      if (wanted && !isUp() && Date.now() >= retryAt) await startOnce().catch(() => undefined);
    },
    up: () => {
      wanted = true;
      return startOnce();
    },
    down: () => {
      wanted = false;
      return inTurn(async () => {
        if (wanted) return;
        await running?.close();
        if (running) log(`${store} is down`);
        running = undefined;
        state = "down";
        failure = undefined;
      });
    },
    abandon: () => {
      wanted = false;
      if (running && running.process.pid !== process.pid) signal(running.process, "SIGKILL");
    },
    status: () => {
      const up = state === "up" && isUp();
      return {
        state: state === "up" && !up ? "failed" : state,
        pid: up && running ? running.process.pid : null,
        since: up ? since : null,
        reason: failure instanceof Error ? failure.message : null,
      };
    },
  };
}
