import type { Report } from "./report.ts";
import { sales } from "./sales.ts";

/** Every report, in the order in which `mkt report list` shows them. */
export const REPORTS: readonly Report[] = [sales];
