import type { Grouping, ReportChart, ReportColumn } from "./report.ts";
import { isPeriod, orderClock, periodName, periodOf, type ReportScope } from "./scope.ts";

const KEYS: Partial<Record<Grouping, readonly ReportColumn[]>> = {
  all: [{ key: "all", header: "ALL", kind: "text", means: "One row of everything." }],
  category: [
    { key: "category", header: "CATEGORY", kind: "text" },
    { key: "categoryId", header: "CATEGORY ID", kind: "id", wide: true },
  ],
  seller: [{ key: "sellerId", header: "SELLER", kind: "id" }],
  publication: [
    { key: "publicationId", header: "PUBLICATION", kind: "id" },
    { key: "externalId", header: "EXTERNAL ID", kind: "text", wide: true },
  ],
};

/** The columns that say what a row is of. */
export const keyColumns = (by: Grouping): readonly ReportColumn[] =>
  KEYS[by] ?? [{ key: isPeriod(by) ? "period" : by, header: by.toUpperCase(), kind: "text" }];

/** What a report with money has a row for each of. */
export const CURRENCY: ReportColumn = {
  key: "currency",
  header: "CURRENCY",
  kind: "text",
  wide: true,
};

/** Figures drawn over what rows are gathered by: lines over periods, else bars. */
export const chartOver = (by: Grouping, y: readonly string[]): ReportChart => ({
  kind: isPeriod(by) ? "line" : "bar",
  x: keyAxis(by),
  y,
});

/** The column that a chart is drawn over. */
export const keyAxis = (by: Grouping): string => keyColumns(by)[0]?.key ?? by;

/**
 * What those columns are in a select list, when rows are gathered by `key`: the period's beginning, the id of a
 * seller, category or publication, or the word itself.
 */
export function keyNamed(by: Grouping, key: string): string {
  if (isPeriod(by)) return `${periodName(by, key)} as period`;
  switch (by) {
    case "category":
      return `(select c.name from category c where c.id = ${key}) as category, ${key} as "categoryId"`;
    case "publication":
      return `${key} as "publicationId", (select p.external_id from publication p where p.id = ${key}) as "externalId"`;
    case "seller":
      return `${key} as "sellerId"`;
    default:
      return `${key} as "${by}"`;
  }
}

/** The key of rows that have an order (alias `o`) and a moment, for what they can be gathered by without a join. */
export function keyOfOrder(by: Grouping, local: string): string {
  if (isPeriod(by)) return periodOf(by, local);
  if (by === "all") return "'all'";
  return by === "seller" ? "o.seller_id" : `o.${by}`;
}

/**
 * The quarter of an hour that a moment lies in. Rows of one quarter are of one period whatever the zone, since all
 * zones are whole quarters apart (since 1972): gathered by it first, they ask the zone once and not each.
 */
const quarterOf = (moment: string): string =>
  `date_bin('15 minutes', ${moment}, timestamptz '2000-01-01Z')`;

/** What to gather many rows (their orders' alias `o`) by first, so that `keyOfGathered` of them is the key. */
export const firstKeyOfOrder = (by: Grouping, moment: string): string =>
  isPeriod(by) ? quarterOf(moment) : keyOfOrder(by, moment);

/** The key of rows (alias `o`) that were gathered by `firstKeyOfOrder` as `key`, and by `time_zone`. */
export const keyOfGathered = (scope: ReportScope): string =>
  isPeriod(scope.by) ? periodOf(scope.by, orderClock(scope, "o.key")) : "o.key";

/**
 * Joins the order (alias `o`) of rows that can be gathered by seller: for a seller's sake every order, else only those
 * with a zone of their own, which are those of an imported history.
 */
export const joinOrder = (by: Grouping, orderId: string): string =>
  by === "seller"
    ? `join "order" o on o.id = ${orderId}`
    : `left join (select z.id, z.time_zone from "order" z where z.time_zone is not null) o on o.id = ${orderId}`;
