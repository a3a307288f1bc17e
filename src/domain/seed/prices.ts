import { exponentOf } from "../money.ts";
import { UNITS_A_USD } from "./categories.ts";

const UNITS_MOST = 100_000_000;

/** So many dollars in a currency's minor units. */
export function unitsMinor(usd: number, currency: string): number {
  const units = Math.min(UNITS_MOST, usd * (UNITS_A_USD[currency] ?? 1));
  return Math.max(1, Math.round(units * 10 ** exponentOf(currency)));
}

/** A price as shops write it, in minor units: 24.99, 349, 12,299. */
export function priceMinor(usd: number, currency: string): number {
  const exponent = exponentOf(currency);
  const whole = 10 ** exponent;
  const units = unitsMinor(usd, currency) / whole;
  if (units < 100 && exponent > 0) return Math.max(1, Math.round(units)) * whole - 1;
  let step = 1;
  while (units / step >= 200) step *= 10;
  return Math.max(1, Math.round(units / step) * step - 1) * whole;
}
