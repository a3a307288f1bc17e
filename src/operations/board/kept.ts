/** A figure, and when it was read, in milliseconds since 1970. */
export interface Kept<T> {
  value: T;
  readAtMs: number;
}

interface Entry {
  kept: Kept<unknown> | undefined;
  tookMs: number;
  underWay: Promise<Kept<unknown>> | undefined;
}

/** So much longer than it takes to read is a figure kept: reading never takes more than a small part of the time. */
const TIMES_KEPT = 20;
/** Who asks waits for what is read this fast, and has what is kept of the rest while it is read again. */
const WORTH_WAITING_MS = 150;

const entries = new WeakMap<object, Map<string, Entry>>();

/**
 * A figure that may be a while old: at least `leastMs`, and the longer the longer it takes to read. One reading at a
 * time is under way. `owner` is the store that it comes from: with it all of it is forgotten.
 */
export async function kept<T>(
  owner: object,
  name: string,
  leastMs: number,
  read: () => Promise<T>,
): Promise<Kept<T>> {
  const ofOwner = entries.get(owner) ?? new Map<string, Entry>();
  entries.set(owner, ofOwner);
  const entry: Entry = ofOwner.get(name) ?? { kept: undefined, tookMs: 0, underWay: undefined };
  ofOwner.set(name, entry);

  const old = entry.kept as Kept<T> | undefined;
  const keptMs = Math.max(leastMs, entry.tookMs * TIMES_KEPT);
  if (old && Date.now() - old.readAtMs < keptMs) return old;
  entry.underWay ??= readAgain(entry, read);
  const reading = entry.underWay as Promise<Kept<T>>;
  if (!old || entry.tookMs < WORTH_WAITING_MS) return reading;
  // Whoever asks next is told what went wrong.
  reading.catch(() => undefined);
  return old;
}

/** Lets everything of an owner be read anew by whoever asks next. */
export function forgetKept(owner: object): void {
  entries.delete(owner);
}

async function readAgain(entry: Entry, read: () => Promise<unknown>): Promise<Kept<unknown>> {
  const startMs = Date.now();
  try {
    const fresh = { value: await read(), readAtMs: startMs };
    entry.tookMs = Date.now() - startMs;
    entry.kept = fresh;
    return fresh;
  } catch (error) {
    entry.kept = undefined;
    throw error;
  } finally {
    entry.underWay = undefined;
  }
}
