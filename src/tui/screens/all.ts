import type { Screen } from "../screen.ts";
import { ANALYTICS } from "./analytics.ts";
import { ORDERS } from "./orders.ts";
import { PAYMENTS } from "./payments.ts";
import { QUESTIONS } from "./questions.ts";
import { SHIPMENTS } from "./shipments.ts";
import { STORES } from "./stores.ts";

/** The screens in the order of their numbers. */
export const SCREENS: readonly Screen[] = [
  ORDERS,
  QUESTIONS,
  PAYMENTS,
  SHIPMENTS,
  ANALYTICS,
  STORES,
];
