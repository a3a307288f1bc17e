import { anomalies } from "./anomalies.ts";
import { basket } from "./basket.ts";
import { cohorts } from "./cohorts.ts";
import { conformity } from "./conformity.ts";
import { delivery } from "./delivery.ts";
import { funnel } from "./funnel.ts";
import { payments } from "./payments.ts";
import { payouts } from "./payouts.ts";
import { questions } from "./questions.ts";
import type { Report } from "./report.ts";
import { sales } from "./sales.ts";
import { search } from "./search.ts";
import { sellers } from "./sellers.ts";
import { stock } from "./stock.ts";
import { timeInState } from "./time-in-state.ts";

/** Every report, in the order in which `mkt report list` shows them. */
export const REPORTS: readonly Report[] = [
  sales,
  funnel,
  cohorts,
  timeInState,
  delivery,
  payments,
  conformity,
  sellers,
  questions,
  search,
  stock,
  basket,
  anomalies,
  payouts,
];
