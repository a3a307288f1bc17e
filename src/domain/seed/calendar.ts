import { IANAZone } from "luxon";
import { type Dice, positionIn } from "./dice.ts";
import type { SeedParameters } from "./parameters.ts";

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

/** How busy each hour of the marketplace's day is: nights are quiet, evenings are not. */
const HOURS = [
  22, 12, 7, 4, 3, 4, 9, 19, 34, 48, 58, 62, 60, 56, 58, 60, 61, 63, 66, 74, 85, 88, 72, 44,
];
/** From Sunday on. */
const WEEKDAYS = [0.84, 1.12, 1.1, 1.06, 1.03, 0.98, 0.87];
/** A shop in its last days sells so many times what it sold in its first. */
const GROWTH = 2.2;

/** When things happen between a world's beginning and its end, by the clocks of its time zone. */
export interface Calendar {
  startMs: number;
  endMs: number;
  /** A time of a sale from `fromMs` on; `season` weighs each month of the year, at most 1. */
  saleTime(dice: Dice, fromMs: number, season: readonly number[]): number;
}

const SEASON_TRIES = 6;

export function calendarOf({ until, days, timeZone }: SeedParameters): Calendar {
  const endMs = Date.parse(until);
  const startMs = endMs - days * DAY_MS;
  const zone = IANAZone.create(timeZone);
  const midnights = new Float64Array(days);
  const sums = new Float64Array(days);
  const months = new Uint8Array(days);
  let sum = 0;
  for (let day = 0; day < days; day++) {
    const at = startMs + day * DAY_MS;
    const offsetMs = zone.offset(at + DAY_MS / 2) * MINUTE_MS;
    const local = new Date(at + offsetMs);
    midnights[day] = at + offsetMs - ((at + offsetMs) % DAY_MS) - offsetMs;
    months[day] = local.getUTCMonth();
    sum += (WEEKDAYS[local.getUTCDay()] ?? 1) * (1 + ((GROWTH - 1) * day) / days);
    sums[day] = sum;
  }
  const hours = runningSums(HOURS);
  const last = hours[hours.length - 1] ?? 0;
  const timeOn = (dice: Dice, day: number): number => {
    const hour = positionIn(hours, dice.unit() * last);
    return (midnights[day] ?? 0) + hour * HOUR_MS + dice.below(HOUR_MS);
  };
  return {
    startMs,
    endMs,
    saleTime: (dice, fromMs, season) => {
      const first = Math.min(days - 1, Math.max(0, Math.floor((fromMs - startMs) / DAY_MS)));
      const before = first === 0 ? 0 : (sums[first - 1] ?? 0);
      for (let tries = 1; ; tries++) {
        const day = positionIn(sums, before + dice.unit() * (sum - before));
        const isWanted = dice.unit() < (season[months[day] ?? 0] ?? 1);
        if (!isWanted && tries < SEASON_TRIES) continue;
        const at = timeOn(dice, day);
        if (at >= fromMs && at < endMs) return at;
        // The edges of a short world: any time will do.
        if (tries >= 2 * SEASON_TRIES)
          return Math.floor(dice.between(Math.max(fromMs, startMs), endMs));
      }
    },
  };
}

export function runningSums(weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (let index = 0; index < weights.length; index++) {
    sum += weights[index] ?? 0;
    sums[index] = sum;
  }
  return sums;
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();
