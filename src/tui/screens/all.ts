import type { Screen } from "../screen.ts";
import { ORDERS } from "./orders.ts";

/** The screens in the order of their numbers. */
export const SCREENS: readonly Screen[] = [ORDERS];
