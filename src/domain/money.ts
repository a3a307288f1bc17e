import { MktError } from "../errors.ts";

/** No price and no total is larger, in minor units: sums stay far below 2^53. */
export const MONEY_LIMIT_MINOR = 1_000_000_000_000;

/** How many decimals a currency has: 2 for ARS, 0 for JPY, 3 for KWD. Throws `invalid` for no currency. */
function exponentOf(currency: string): number {
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch (cause) {
    throw new MktError("invalid", `${JSON.stringify(currency)} is not a currency`, { cause });
  }
}

/** Minor units as people read them: `ARS 1,234.50`. */
export function formatMinor(minor: number, currency: string): string {
  const exponent = exponentOf(currency);
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent).replaceAll(/\B(?=(\d{3})+$)/g, ",");
  const fraction = exponent > 0 ? `.${digits.slice(-exponent)}` : "";
  return `${currency} ${minor < 0 ? "-" : ""}${whole}${fraction}`;
}

/**
 * Decimal text to minor units, exactly: no float is involved. Throws `invalid` for anything but digits with at
 * most the currency's decimals, and above the limit.
 */
export function parseMoney(text: string, currency: string, decimal: "." | "," = "."): number {
  const exponent = exponentOf(currency);
  const [whole = "", fraction = "", ...rest] = text.trim().split(decimal);
  const digits = /^\d+$/;
  if (
    rest.length > 0 ||
    !digits.test(whole) ||
    (text.includes(decimal) && !digits.test(fraction))
  ) {
    throw new MktError("invalid", `${JSON.stringify(text)} is not an amount of money`, {
      hint: "write it like 1234.50",
    });
  }
  const significant = fraction.replace(/0+$/, "");
  if (significant.length > exponent) {
    throw new MktError("invalid", `${currency} has ${exponent} decimals: ${text} has more`);
  }
  const minor = Number(`${whole}${significant.padEnd(exponent, "0")}`);
  if (minor <= MONEY_LIMIT_MINOR) return minor;
  throw new MktError("invalid", `${text} is more than ${formatMinor(MONEY_LIMIT_MINOR, currency)}`);
}
