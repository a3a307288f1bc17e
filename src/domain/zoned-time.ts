import { DateTime, IANAZone } from "luxon";

/** Reads a text as a time: milliseconds since 1970, undefined when it is none. */
export type TimeReader = (text: string) => number | undefined;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;
/** What the event log and ids can hold; what lies outside was mistyped. */
const [EARLIEST_MS, LATEST_MS] = [0, Date.UTC(9999, 0, 1)];

export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

/**
 * Reads times such as `2017-01-05 12:01:20` as a zone's clocks showed them; with an offset or Z they mean
 * what they say, and a day alone is its first moment. `format` is another form, in luxon's tokens.
 *
 * A time that clocks skipped counts as if they had not been put forward yet, so it moves on by as much as
 * they did. Of a time that they showed twice it is the earlier.
 */
export function timeReader(zone: string, format?: string): TimeReader {
  const offsetMs = zoneOffsets(zone);
  const inZone = (localMs: number): number => {
    const [before, after] = [offsetMs(localMs - DAY_MS), offsetMs(localMs + DAY_MS)];
    const fits = [localMs - before, localMs - after].filter((ms) => ms + offsetMs(ms) === localMs);
    return fits.length > 0 ? Math.min(...fits) : localMs - before;
  };
  const read = (text: string): number | undefined => {
    if (format === undefined) return readIso(text, inZone);
    const parsed = DateTime.fromFormat(text, format, { zone: "utc", setZone: false });
    return parsed.isValid ? inZone(parsed.toMillis()) : undefined;
  };
  return (text) => {
    const ms = read(text.trim());
    return ms !== undefined && ms >= EARLIEST_MS && ms < LATEST_MS ? ms : undefined;
  };
}

function readIso(text: string, inZone: (localMs: number) => number): number | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", offset] = match;
  const numbers = [year, month, day, hour, minute, second].map(Number) as Six;
  const localMs = Date.UTC(numbers[0], numbers[1] - 1, ...(numbers.slice(2) as Four));
  const local = new Date(localMs);
  // Date.UTC takes 31 April for 1 May.
  const told = [local.getUTCMonth() + 1, local.getUTCDate(), local.getUTCHours()];
  if (told.some((part, index) => part !== numbers[index + 1])) return undefined;
  if (numbers[4] > 59 || numbers[5] > 59) return undefined;
  const exactMs = localMs + Number(fraction.padEnd(3, "0").slice(0, 3));
  return offset === undefined ? inZone(exactMs) : exactMs - statedOffsetMs(offset);
}

type Four = [number, number, number, number];
type Six = [number, number, ...Four];

function statedOffsetMs(offset: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset);
  if (!match) return 0;
  const [, sign, hours, minutes = "0"] = match;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}

/** A zone's offset from UTC at a moment. Asking the zone is slow: days without a change are remembered. */
function zoneOffsets(name: string): (ms: number) => number {
  const zone = IANAZone.create(name);
  const ask = (ms: number) => zone.offset(ms) * MINUTE_MS;
  const days = new Map<number, number | undefined>();
  return (ms) => {
    const day = Math.floor(ms / DAY_MS);
    if (!days.has(day)) {
      const [first, last] = [ask(day * DAY_MS), ask((day + 1) * DAY_MS - 1)];
      days.set(day, first === last ? first : undefined);
    }
    return days.get(day) ?? ask(ms);
  };
}
