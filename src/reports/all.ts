import { anomalies } from "./anomalies.ts";
import { cohorts } from "./cohorts.ts";
import { funnel } from "./funnel.ts";
import { payouts } from "./payouts.ts";
import { questions } from "./questions.ts";
import type { Report } from "./report.ts";
import { sales } from "./sales.ts";
import { search } from "./search.ts";
import { sellers } from "./sellers.ts";

/** Every report, in the order in which `mkt report list` shows them. */
export const REPORTS: readonly Report[] = [
  sales,
  funnel,
  cohorts,
  sellers,
  questions,
  search,
  anomalies,
  payouts,
];
