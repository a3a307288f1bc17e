const DAY_MS = 86_400_000;
const MIDNIGHT = /T00:00(:00)?$/;

/** A day as people write it: `24 November 2026`. */
export const longDay = (day: string): string =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(
    new Date(`${day.slice(0, 10)}T00:00Z`),
  );

/** A moment (ISO-8601) by the clocks of a zone: `24 November 2026 at 21:50`. */
export const longTime = (moment: string, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone }).format(
    new Date(moment),
  );

/** The day after or before one: both `2026-11-24`. */
export const dayAfter = (day: string, days = 1): string =>
  new Date(Date.parse(`${day.slice(0, 10)}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** What lies from one local time on and before another, in words; null: no border. */
export function periodText(since: string | null, until: string | null): string {
  const last = until !== null && MIDNIGHT.test(until) ? longDay(dayAfter(until, -1)) : null;
  const before = until === null ? null : longLocal(until);
  if (since === null && until === null) return "the whole history";
  if (since === null) return last === null ? `before ${before}` : `until ${last}`;
  if (until === null) return `since ${longLocal(since)}`;
  return last === null ? `${longLocal(since)} to ${before}` : `${longLocal(since)} to ${last}`;
}

const longLocal = (local: string): string =>
  MIDNIGHT.test(local) ? longDay(local) : `${longDay(local)} ${local.slice(11, 16)}`;

/** A moment (ISO-8601) by the clocks of a zone: `2026-11-24 21:50:12`. */
export const zonedTime = (moment: string, timeZone: string): string =>
  new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone }).format(
    new Date(moment),
  );
