import type { Deps } from "../deps.ts";
import { type Actor, requireStaff, STAFF_ROLES } from "../domain/actor.ts";
import type { DataRows } from "../domain/data-rows.ts";
import { isTimeZone } from "../domain/zoned-time.ts";
import { MktError } from "../errors.ts";
import { REPORTS } from "../reports/all.ts";
import type { Grouping, Report } from "../reports/report.ts";
import type { ReportScope } from "../reports/scope.ts";

export interface ReportWish {
  name: string;
  /** What its rows are gathered by; undefined: as the report does by itself. */
  by: string | undefined;
  /** Days or moments as the zone's clocks show them, `2026-11-24` or `2026-11-24T10:00`; undefined: no border. */
  since: string | undefined;
  until: string | undefined;
  /** Undefined: the marketplace's, and its own for the rows of an imported history. */
  timeZone: string | undefined;
  limit: number | undefined;
}

/** A report as it is going to be asked. */
export interface PlannedReport {
  report: Report;
  scope: ReportScope;
  sql: string;
}

/** How long one may take: beyond it, it would be in the way of the sale. */
const REPORT_TIMEOUT_MS = 60_000;
const ROWS_MAX = 1_000;

/** Checks what is wished. Throws `usage` or `not_found` with what there is. */
export function planReport(
  wish: ReportWish,
  { profile, now }: Pick<Deps, "profile" | "now">,
): PlannedReport {
  const report = reportNamed(wish.name);
  const { timeZone } = wish;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    throw new MktError("usage", `there is no time zone ${JSON.stringify(timeZone)}`, {
      hint: "write it like America/Sao_Paulo",
    });
  }
  const scope: ReportScope = {
    by: groupingOf(report, wish.by),
    since: wish.since === undefined ? null : localTime(wish.since, "--since"),
    until: wish.until === undefined ? null : localTime(wish.until, "--until"),
    timeZone: timeZone ?? profile.timeZone,
    ownZones: timeZone === undefined,
    now: now(),
    limit: wish.limit ?? ROWS_MAX,
  };
  if (scope.since !== null && scope.until !== null && scope.since >= scope.until)
    throw new MktError("usage", "--since must be before --until");
  return { report, scope, sql: report.sql(scope) };
}

/**
 * Reads a report for staff and gives its rows to `use`. Whoever asks, it is read with the grants of analysts, from
 * the replica when the profile names one: it sees no personal data and holds up no sale.
 */
export function runReport<T>(
  { actor, planned, signal }: { actor: Actor; planned: PlannedReport; signal: AbortSignal },
  use: (rows: DataRows) => Promise<T>,
  { reportRows }: Pick<Deps, "reportRows">,
): Promise<T> {
  requireStaff(actor, ...STAFF_ROLES);
  return reportRows.read(
    {
      role: "analyst",
      text: planned.sql,
      isHeavy: true,
      timeoutMs: REPORT_TIMEOUT_MS,
      slowHint: "ask for fewer days, as with --since",
      signal,
    },
    use,
  );
}

function reportNamed(name: string): Report {
  const found = REPORTS.find((report) => report.name === name);
  if (found) return found;
  throw new MktError("not_found", `there is no report ${JSON.stringify(name)}`, {
    hint: `reports: ${REPORTS.map((report) => report.name).join(", ")}`,
  });
}

function groupingOf({ name, groupings }: Report, by: string | undefined): Grouping {
  const found = by === undefined ? groupings[0] : groupings.find((grouping) => grouping === by);
  if (found) return found;
  throw new MktError("usage", `${name} is not gathered by ${by}`, {
    hint: `--by ${groupings.join("|")}`,
  });
}

const LOCAL = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?)?$/;

function localTime(text: string, flag: string): string {
  const match = LOCAL.exec(text);
  const [, day = "", minutes = "00:00", seconds = ":00"] = match ?? [];
  const local = `${day}T${minutes}${seconds}`;
  // A day that the month does not have would become one of the next month.
  const isTime = match !== null && new Date(`${local}Z`).toJSON()?.startsWith(local) === true;
  if (isTime && !day.startsWith("0000")) return local;
  throw new MktError("usage", `${flag} ${text} is no day and no time`, {
    hint: "write it like 2026-11-24 or 2026-11-24T10:00, as the marketplace's clocks show it",
  });
}
