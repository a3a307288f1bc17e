import { DateTime } from "luxon";
import type { Deps } from "../../deps.ts";
import { type Actor, requireStaff, STAFF_ROLES } from "../../domain/actor.ts";
import { idsFrom } from "../../domain/ids.ts";
import { daysAfter } from "../../domain/order.ts";
import type {
  CategoryFigure,
  OrderFigures,
  StepFigures,
  Stretch,
} from "../../stores/aurora/board-figures.ts";
import { kept } from "./kept.ts";

export const FIGURE_PERIODS = ["day", "week", "month"] as const;
export type FigurePeriod = (typeof FIGURE_PERIODS)[number];

/** Steps from home to review, each counted when it happened, whoever went through the ones before. */
export interface Funnel {
  home: number;
  search: number;
  view: number;
  buy: number;
  pay: number;
  ship: number;
  deliver: number;
  review: number;
}

/** What happened in a stretch of time. Shares are 0 to 1, times in seconds; null: of nothing. */
export interface PeriodFigures extends Stretch {
  /** By currency, that of the most orders first. */
  money: OrderFigures[];
  orders: number;
  funnel: Funnel;
  /** Approved payments by those decided, of those begun in the period. */
  approvalRate: number | null;
  /** Median times of orders that left the state in the period. */
  inState: Record<"reserved" | "paid" | "shipped" | "delivered", number | null>;
  /** Deliveries after their promise, by those with one. */
  lateRate: number | null;
  /** Reviews that say the goods are not as described, by all. */
  nonConformityRate: number | null;
  /** Searches that gave nothing, by all. */
  emptySearchRate: number | null;
}

export interface TodayFigures {
  period: FigurePeriod;
  timeZone: string;
  /** From the beginning of the day, week or month until now. */
  now: PeriodFigures;
  /** The same stretch a week before; of a month, a month before. */
  before: PeriodFigures;
  /** Orders by hour of the day, or by day of the week or month; both periods, whole. */
  series: { labels: string[]; now: (number | null)[]; before: number[] };
  topCategories: CategoryFigure[];
  emptySearches: { words: string; searches: number }[];
  /** Orders by weekday (Monday first) and hour over some weeks until now. */
  heat: { weeks: number; rows: number[][] };
  /** How old the figures are. */
  behindMs: number;
}

const KEPT_MS: Record<FigurePeriod, number> = { day: 5_000, week: 30_000, month: 120_000 };
const UNITS: Record<FigurePeriod, "hour" | "day"> = { day: "hour", week: "day", month: "day" };
/** What was a week ago moves on by no more than this. */
const BEFORE_KEPT_MS = 60_000;
const HEAT_WEEKS: Record<FigurePeriod, number> = { day: 4, week: 4, month: 13 };
const HEAT_KEPT_MS = 60_000;
const TOP = 8;

/** The day, week or month so far beside the one before up to the same moment, by the marketplace's clocks. For staff. */
export async function todayFigures(
  { actor, period }: { actor: Actor; period: FigurePeriod },
  deps: Pick<Deps, "board" | "now" | "profile" | "marketClock">,
): Promise<TodayFigures> {
  requireStaff(actor, ...STAFF_ROLES);
  const { board } = deps;
  const { value, readAtMs } = await kept(board, period, KEPT_MS[period], () =>
    readFigures(period, deps),
  );
  const before = await kept(board, `${period} before`, BEFORE_KEPT_MS, () =>
    readBefore(period, deps),
  );
  const heat = await kept(board, `heat of ${HEAT_WEEKS[period]}`, HEAT_KEPT_MS, () =>
    readHeat(HEAT_WEEKS[period], deps),
  );
  const { labels, placed } = value;
  return {
    ...{ period, timeZone: deps.profile.timeZone, now: value.now, before: before.value.figures },
    series: { labels, now: placed, before: before.value.placed },
    topCategories: value.topCategories,
    emptySearches: value.emptySearches,
    heat: heat.value,
    behindMs: Date.now() - readAtMs,
  };
}

type FigureDeps = Pick<Deps, "board" | "now" | "profile" | "marketClock">;

/** One question after the other: the sale has the database to itself. */
async function readFigures(period: FigurePeriod, deps: FigureDeps) {
  const { board, profile } = deps;
  const { current, whole } = stretches(period, deps.now(), profile.timeZone);
  const unit = UNITS[period];
  const now = await figuresOf(current, deps);
  const counted = await board.ordersPlacedBy(unit, current, profile.timeZone);
  const labels = labelsOf(whole, unit, profile.timeZone);
  const reached = DateTime.fromISO(current.until, { zone: profile.timeZone });
  const last = reached.toFormat(FORMATS[unit]);
  return {
    now,
    labels,
    placed: labels.map((label) => (label > last ? null : placedAt(counted, label))),
    topCategories: await board.topCategories(current, TOP),
    emptySearches: await board.searchesWithoutResult(current, TOP),
  };
}

async function readBefore(period: FigurePeriod, deps: FigureDeps) {
  const { board, profile } = deps;
  const { previous, wholePrevious } = stretches(period, deps.now(), profile.timeZone);
  const unit = UNITS[period];
  const counted = await board.ordersPlacedBy(unit, wholePrevious, profile.timeZone);
  return {
    figures: await figuresOf(previous, deps),
    placed: labelsOf(wholePrevious, unit, profile.timeZone).map((label) =>
      placedAt(counted, label),
    ),
  };
}

const placedAt = (rows: readonly { at: string; placed: number }[], label: string): number =>
  rows.find(({ at }) => at === label)?.placed ?? 0;

async function figuresOf(
  stretch: Stretch,
  { board, marketClock }: FigureDeps,
): Promise<PeriodFigures> {
  // Ids are made by the world's clock, behind which the marketplace's may be ahead, never the other way round.
  const sinceMs = Date.parse(stretch.from) - marketClock.offsetMs();
  const sinceId = `${idsFrom("")(Math.max(0, sinceMs)).slice(0, 13)}-0000-0000-000000000000`;
  const money = await board.ordersPlaced(stretch);
  const steps: StepFigures = await board.orderSteps(stretch);
  const decided = await board.paymentsDecided(stretch, sinceId);
  const reviews = await board.reviewsWritten(stretch, sinceId);
  const visits = await board.visits(stretch);
  const orders = money.reduce((sum, { placed }) => sum + placed, 0);
  return {
    ...stretch,
    money,
    orders,
    funnel: {
      ...{ home: visits.home, search: visits.search, view: visits.view, buy: orders },
      ...{ pay: steps.paid, ship: steps.shipped, deliver: steps.delivered },
      review: reviews.orders,
    },
    approvalRate: share(decided.approved, decided.approved + decided.rejected),
    inState: {
      reserved: steps.reservedSeconds,
      paid: steps.paidSeconds,
      shipped: steps.shippedSeconds,
      delivered: steps.deliveredSeconds,
    },
    lateRate: share(steps.late, steps.promised),
    nonConformityRate: share(reviews.nonconforming, reviews.written),
    emptySearchRate: share(visits.withoutResult, visits.search),
  };
}

async function readHeat(weeks: number, deps: FigureDeps): Promise<TodayFigures["heat"]> {
  const until = deps.now();
  const stretch = { from: daysAfter(until, -7 * weeks), until };
  const rows = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  for (const { weekday, hour, placed } of await deps.board.ordersByWeekHour(
    stretch,
    deps.profile.timeZone,
  )) {
    const day = rows[weekday - 1];
    if (day) day[hour] = placed;
  }
  return { weeks, rows };
}

const share = (part: number, of: number): number | null => (of === 0 ? null : part / of);

/** The period until now and whole, and the one before it up to the same moment and whole. Weeks begin on Monday. */
export function stretches(
  period: FigurePeriod,
  now: string,
  timeZone: string,
): Record<"current" | "whole" | "previous" | "wholePrevious", Stretch> {
  const local = DateTime.fromISO(now, { zone: timeZone });
  const back = period === "month" ? { months: 1 } : { weeks: 1 };
  const [start, end] = [local.startOf(period), local.endOf(period).plus(1)];
  const before = local.minus(back);
  const [startBefore, endBefore] = [before.startOf(period), before.endOf(period).plus(1)];
  return {
    current: { from: iso(start), until: now },
    whole: { from: iso(start), until: iso(end) },
    previous: { from: iso(startBefore), until: iso(before) },
    wholePrevious: { from: iso(startBefore), until: iso(endBefore) },
  };
}

const FORMATS = { hour: "yyyy-MM-dd'T'HH", day: "yyyy-MM-dd" } as const;

/** Every hour or day of a stretch, as the zone's clocks show it; an hour that they show twice is one. */
function labelsOf({ from, until }: Stretch, unit: "hour" | "day", timeZone: string): string[] {
  const labels: string[] = [];
  let at = DateTime.fromISO(from, { zone: timeZone });
  const end = DateTime.fromISO(until, { zone: timeZone });
  for (; at < end; at = at.plus({ [unit]: 1 })) {
    const label = at.toFormat(FORMATS[unit]);
    if (labels.at(-1) !== label) labels.push(label);
  }
  return labels;
}

const iso = (time: DateTime): string => time.toUTC().toISO() ?? "";
