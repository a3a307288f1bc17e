/** Work that is asked for more often than it is done. */
export interface Coalesced {
  /** As soon as the gap allows. */
  ask(): void;
  /** Without waiting for the gap: somebody pressed a key for it. */
  askNow(): void;
  close(): void;
}

/** So much longer than it took, work is left alone after it, unless told otherwise: it takes a third of the time at most. */
const REST = 2;

/**
 * Does work one at a time, and at least `gapMs` after its last end; whatever asks meanwhile is answered once by doing
 * it again. `work` must not throw.
 */
export function coalesced(work: () => Promise<void>, gapMs: number, rest = REST): Coalesced {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again: "soon" | "now" | undefined;
  let restUntil = 0;
  let isClosed = false;

  const run = async () => {
    clearTimeout(timer);
    timer = undefined;
    running = true;
    const begun = performance.now();
    await work();
    const ended = performance.now();
    restUntil = ended + Math.max(gapMs, rest * (ended - begun));
    running = false;
    const asked = again;
    again = undefined;
    if (asked === "now") askNow();
    else if (asked === "soon") ask();
  };
  const ask = () => {
    if (isClosed || timer) return;
    if (running) {
      again ??= "soon";
      return;
    }
    const wait = restUntil - performance.now();
    if (wait <= 0) void run();
    else timer = setTimeout(() => void run(), wait);
  };
  const askNow = () => {
    if (isClosed) return;
    if (running) again = "now";
    else void run();
  };
  return {
    ask,
    askNow,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
