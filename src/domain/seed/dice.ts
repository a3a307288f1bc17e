import { createHash } from "node:crypto";

/** Chance that follows from a text: the same text throws the same, on any day and machine. */
export interface Dice {
  /** From 0 to just below 1. */
  unit(): number;
  /** A whole number from 0 to just below `limit`. */
  below(limit: number): number;
  /** From `low` to just below `high`. */
  between(low: number, high: number): number;
  /** True so often. */
  chance(probability: number): boolean;
  /** About normal: mean 0, deviation 1, nothing beyond 6. */
  normal(): number;
  pick<T>(values: readonly T[]): T;
}

const WHOLE = 2 ** 32;

/**
 * The generator sfc32 (Chris Doty-Humphrey), begun from a text's SHA-256. Only sums, products and quotients
 * follow from it, no logarithms or powers: those may differ between versions of the engine.
 */
export function diceOf(text: string): Dice {
  const digest = createHash("sha256").update(text).digest();
  let a = digest.readInt32LE(0);
  let b = digest.readInt32LE(4);
  let c = digest.readInt32LE(8);
  let d = digest.readInt32LE(12);
  const unit = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / WHOLE;
  };
  return {
    unit,
    below: (limit) => Math.floor(unit() * limit),
    between: (low, high) => low + unit() * (high - low),
    chance: (probability) => unit() < probability,
    normal: () => {
      let sum = -6;
      for (let draw = 0; draw < 12; draw++) sum += unit();
      return sum;
    },
    pick: (values) => {
      const value = values[Math.floor(unit() * values.length)];
      if (value === undefined) throw new RangeError("nothing to pick from");
      return value;
    },
  };
}

/** e to the power of x, by products only, so that every machine gives the same. */
export function exponential(x: number): number {
  let power = 1 + x / 1024;
  for (let doubling = 0; doubling < 10; doubling++) power *= power;
  return power;
}

/** Where a number falls among growing sums: the index of the first sum above it. */
export function positionIn(sums: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
