/** Lets work on the same thing go on one after the other, in the order in which it was asked for. */
export function turns(): <T>(thing: string | null, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (thing, work) => {
    if (thing === null) return work();
    const mine = (last.get(thing) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => undefined);
    last.set(thing, settled);
    try {
      return await mine;
    } finally {
      if (last.get(thing) === settled) last.delete(thing);
    }
  };
}
