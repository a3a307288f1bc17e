import { formatMinor } from "../domain/money.ts";

/** What the values of a chart are; money is minor units, `share` 0 to 1, `hours` a duration. */
export type ChartUnit =
  | { kind: "count" }
  | { kind: "money"; currency: string }
  | { kind: "share" }
  | { kind: "hours" };

export interface ChartSeries {
  name: string;
  /** One for each label; null: nobody knows, or there is none. */
  values: readonly (number | null)[];
}

/** What is drawn: series of one unit over the same labels, in their order. */
export interface Chart {
  kind: "line" | "bar";
  title: string;
  labels: readonly string[];
  series: readonly ChartSeries[];
  unit: ChartUnit;
}

const SHARE_DECIMALS = 2;
const HOURS_DECIMALS = 1;

/** A value as people read it, with its unit. */
export function shownValue(value: number, unit: ChartUnit): string {
  switch (unit.kind) {
    case "money":
      return formatMinor(Math.round(value), unit.currency);
    case "share":
      return `${(value * 100).toFixed(SHARE_DECIMALS)} %`;
    case "hours":
      return `${grouped(value.toFixed(HOURS_DECIMALS))} h`;
    case "count":
      return grouped(String(Math.round(value * 100) / 100));
  }
}

/** Digits by thousands: `12,345.6`. */
const grouped = (digits: string): string => {
  const [whole = "", ...decimals] = digits.split(".");
  return [whole.replaceAll(/\B(?=(\d{3})+$)/g, ","), ...decimals].join(".");
};
