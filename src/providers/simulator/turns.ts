/** Lets so much work go on at once; the rest waits, first come, first served. */
export function turns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = atOnce;
  let waiting: (() => void)[] = [];
  let served = 0;

  function next(): void {
    const run = waiting[served];
    if (!run) {
      waiting = [];
      served = 0;
      free++;
      return;
    }
    // Shifting a long array moves all of it: what was served stays until none waits.
    served++;
    run();
  }

  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      next();
    }
  };
}
