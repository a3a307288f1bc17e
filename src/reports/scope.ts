import type { Grouping } from "./report.ts";

/** Which rows a report is about, and by whose clocks. */
export interface ReportScope {
  by: Grouping;
  /** From this moment on and before that one, as the zone's clocks show them (`2026-11-24T00:00:00`); null: no border. */
  since: string | null;
  until: string | null;
  /** The IANA time zone of days, weeks and months. */
  timeZone: string;
  /** Orders of an imported history are told by the clocks of their own zone, not by `timeZone`. */
  ownZones: boolean;
  /** The marketplace's time, ISO-8601 in UTC: what a report counts back from. */
  now: string;
  /** At most so many rows, where a report is a list of the first. */
  limit: number;
}

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A moment of an order's row (alias `o`) as clocks showed it where it happened: a timestamp without a zone. */
export function orderClock({ timeZone, ownZones }: ReportScope, column: string): string {
  const zone = literal(timeZone);
  return `(${column} at time zone ${ownZones ? `coalesce(o.time_zone, ${zone})` : zone})`;
}

/** The same of what has no order. */
export function clock({ timeZone }: ReportScope, column: string): string {
  return `(${column} at time zone ${literal(timeZone)})`;
}

/**
 * Whether a column of moments lies in the scope, `local` being what clocks showed. The rows a day and more outside of it
 * are left out by the column itself, so that an index can.
 */
export function within({ since, until }: ReportScope, column: string, local: string): string {
  const conditions = [];
  if (since !== null) {
    conditions.push(
      `${column} >= ${literal(since)}::timestamp at time zone 'UTC' - interval '1 day'`,
    );
    conditions.push(`${local} >= ${literal(since)}::timestamp`);
  }
  if (until !== null) {
    conditions.push(
      `${column} < ${literal(until)}::timestamp at time zone 'UTC' + interval '1 day'`,
    );
    conditions.push(`${local} < ${literal(until)}::timestamp`);
  }
  return conditions.length === 0 ? "true" : conditions.join(" and ");
}

const PERIODS = { day: "YYYY-MM-DD", week: "YYYY-MM-DD", month: "YYYY-MM" } as const;
export type Period = keyof typeof PERIODS;

export const isPeriod = (by: Grouping): by is Period => by in PERIODS;

/** The period that a local time lies in, as a timestamp to group by. Weeks begin on Monday. */
export const periodOf = (by: Period, local: string): string => `date_trunc('${by}', ${local})`;

/** A period as its rows name it: `2026-11-24`, a week by its Monday, a month as `2026-11`. */
export const periodName = (by: Period, period: string): string =>
  `to_char(${period}, '${PERIODS[by]}')`;

/** Whether the source of an order's row (alias `o`) said when a step was; inferred times are nobody's knowledge. */
export const isGiven = (step: "placed" | "paid" | "shipped" | "delivered"): string =>
  `(o.inferred = '{}' or not '${step}' = any(o.inferred))`;
