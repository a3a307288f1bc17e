import { setTimeout as pause } from "node:timers/promises";
import gremlin from "gremlin";
import type { Profile } from "../../config.ts";
import { hasCode } from "../../errors.ts";
import { isConcurrentModification, neptuneError, neptuneTimeout } from "./errors.ts";

const { process: language, driver } = gremlin;
const { statics, P, t, order, column, scope, cardinality, direction, merge } = language;

/** What traversals are written with. Recipes are given it, so that only who asks loads the driver. */
export const WORDS = {
  __: statics,
  P,
  T: t,
  order,
  column,
  scope,
  cardinality,
  direction,
  merge,
  /** A traversal as a person would type it, for showing. */
  textOf: (traversal: gremlin.process.Traversal): string =>
    new language.Translator("g").translate(traversal),
};
export type Words = typeof WORDS;

export type Source = gremlin.process.GraphTraversalSource;

/** A question for the graph, written once and answered by every engine. */
export type Recipe<Answer> = (g: Source, words: Words) => Promise<Answer>;

export interface NeptuneLimits {
  openMs: number;
  requestMs: number;
  closeMs: number;
}

const LIMITS: NeptuneLimits = { openMs: 5_000, requestMs: 60_000, closeMs: 2_000 };
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 50;

type Connection = gremlin.driver.DriverRemoteConnection;

export interface Neptune {
  ask<Answer>(recipe: Recipe<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

/** Connects at the first question, and again when the engine closed the connection in between. */
export function openNeptune(
  { url }: Profile["neptune"],
  limits: Partial<NeptuneLimits> = {},
): Neptune {
  const { openMs, requestMs, closeMs } = { ...LIMITS, ...limits };
  let connecting: Promise<Connection> | undefined;

  const connection = async (): Promise<Connection> => {
    const current = connecting;
    const open = await current?.catch(() => undefined);
    if (open?.isOpen) return open;
    // Of several that wait, the first one connects for all.
    if (connecting && connecting !== current) return connecting;
    connecting = connect(url, openMs);
    return connecting;
  };

  /** Forgets the connection; one that does not close in time is left to its socket's own timeout. */
  const disconnect = async (): Promise<void> => {
    const leaving = connecting;
    connecting = undefined;
    const open = await leaving?.catch(() => undefined);
    if (open) await within(closeMs, open.close()).catch(() => undefined);
  };

  const attempt = async <Answer>(recipe: Recipe<Answer>): Promise<Answer> => {
    const remote = await connection();
    const g = language.AnonymousTraversalSource.traversal().withRemote(remote);
    return within(requestMs, recipe(g, WORDS));
  };

  return {
    /**
     * Asks the graph. A traversal that met another writer is asked again. Throws MktError: unavailable when the engine
     * is away, invalid when it refuses the traversal.
     */
    ask: async (recipe) => {
      for (let count = 1; ; count += 1) {
        try {
          return await attempt(recipe);
        } catch (error) {
          const known = neptuneError(error);
          if (hasCode(known, "unavailable")) await disconnect();
          if (!isConcurrentModification(error) || count === ATTEMPTS) throw known;
          await pause(FIRST_PAUSE_MS * 2 ** count * (0.5 + Math.random() / 2));
        }
      }
    },
    close: disconnect,
  };
}

const { WebSocket: globalWebSocket } = globalThis as { WebSocket?: unknown };

/**
 * From Node 22 on there is a global WebSocket, which the driver prefers to `ws`; it knows neither Unix sockets nor
 * headers. It is hidden while the driver connects.
 */
async function connect(url: string, timeoutMs: number): Promise<Connection> {
  const connection = new driver.DriverRemoteConnection(url);
  const globals: { WebSocket?: unknown } = globalThis;
  globals.WebSocket = undefined;
  const opening = connection.open().finally(() => {
    globals.WebSocket = globalWebSocket;
  });
  try {
    await within(timeoutMs, opening);
    return connection;
  } catch (error) {
    // One that opens too late must not keep the process alive.
    opening.then(() => connection.close()).catch(() => undefined);
    throw error;
  }
}

async function within<Answer>(timeoutMs: number, work: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(neptuneTimeout(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Whichever comes second is nobody's error.
    work.catch(() => undefined);
  }
}
