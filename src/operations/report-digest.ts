import { DateTime } from "luxon";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import { conformity } from "../reports/conformity.ts";
import { delivery } from "../reports/delivery.ts";
import { payments } from "../reports/payments.ts";
import { questions } from "../reports/questions.ts";
import type { Grouping, Report, ReportColumn } from "../reports/report.ts";
import { type ReportRow, rowsOf } from "../reports/rows.ts";
import { sales } from "../reports/sales.ts";
import { planReport, runReport } from "./run-report.ts";

/** From one local day on and before another: `2026-11-16` and `2026-11-23`. */
export interface Week {
  since: string;
  until: string;
}

/** What a report says of two weeks, by what tells its rows apart (a currency, most often). */
export interface DigestSection {
  report: Report;
  columns: readonly ReportColumn[];
  parts: DigestPart[];
}

export interface DigestPart {
  /** What its rows are of besides the week; empty: of everything. */
  names: readonly string[];
  currency: string;
  week: ReportRow | undefined;
  before: ReportRow | undefined;
}

/** A week's figures beside those of the week before. */
export interface WeekDigest {
  week: Week;
  before: Week;
  timeZone: string;
  madeAt: string;
  sections: DigestSection[];
  /** Sales by day, of both weeks. */
  days: ReportRow[];
  /** Sales by category, the largest first. */
  categories: { week: ReportRow[]; before: ReportRow[] };
}

/** What a week's page tells, in this order. */
const SECTIONS: readonly Report[] = [sales, payments, delivery, conformity, questions];
const PERIOD = "period";

/**
 * The last whole week of the marketplace's time zone, from Monday on, beside the week before: the one that had ended
 * when the day `until` began, or now. For staff, with the grants of analysts.
 */
export async function weekDigest(
  { actor, until, signal }: { actor: Actor; until: string | undefined; signal: AbortSignal },
  deps: Pick<Deps, "profile" | "now" | "reportRows">,
): Promise<WeekDigest> {
  const { timeZone } = deps.profile;
  const read = async (name: string, by: Grouping, { since, until }: Week) => {
    const wish = { name, by, since, until, timeZone: undefined, limit: undefined };
    const planned = planReport(wish, deps);
    return runReport({ actor, planned, signal }, rowsOf, deps);
  };
  const end = lastMonday(until, deps.now(), timeZone);
  const week = weekBefore(end);
  const before = weekBefore(week.since);
  const both = { since: before.since, until: week.until };

  const sections: DigestSection[] = [];
  for (const report of SECTIONS) {
    const rows = await read(report.name, "week", both);
    const columns = report.columns("week");
    sections.push({ report, columns, parts: partsOf(rows, columns, week, before) });
  }
  return {
    week,
    before,
    timeZone,
    madeAt: deps.now(),
    sections,
    days: await read(sales.name, "day", both),
    categories: {
      week: await read(sales.name, "category", week),
      before: await read(sales.name, "category", before),
    },
  };
}

/** The Monday that the last whole week ends before. Throws `usage` for what is no day. */
function lastMonday(until: string | undefined, now: string, timeZone: string): string {
  const isDay = until === undefined || /^\d{4}-\d{2}-\d{2}$/.test(until);
  const day = DateTime.fromISO(until ?? now, { zone: timeZone });
  if (!isDay || !day.isValid)
    throw new MktError("usage", `--until ${until} is no day`, { hint: "write it like 2026-11-24" });
  return day.startOf("week").toISODate() ?? "";
}

const weekBefore = (until: string): Week => ({
  since: DateTime.fromISO(until, { zone: "utc" }).minus({ weeks: 1 }).toISODate() ?? "",
  until,
});

function partsOf(
  rows: readonly ReportRow[],
  columns: readonly ReportColumn[],
  week: Week,
  before: Week,
): DigestPart[] {
  const naming = columns.filter(({ key, kind }) => isName(kind) && key !== PERIOD);
  const namesOf = (row: ReportRow) =>
    naming.filter(({ key }) => key !== "currency").map(({ key }) => row[key] ?? "");
  const keyOf = (row: ReportRow) => JSON.stringify(naming.map(({ key }) => row[key]));
  return [...new Set(rows.map(keyOf))].flatMap((key) => {
    const own = rows.filter((row) => keyOf(row) === key);
    const [first] = own;
    if (!first) return [];
    const of = ({ since }: Week) => own.find((row) => row[PERIOD] === since);
    const currency = first.currency ?? "";
    return [{ names: namesOf(first), currency, week: of(week), before: of(before) }];
  });
}

const isName = (kind: ReportColumn["kind"]): boolean => kind === "text" || kind === "id";
