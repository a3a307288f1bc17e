import { MktError } from "../errors.ts";

/** No price and no total is larger, in minor units: sums stay far below 2^53. */
export const MONEY_LIMIT_MINOR = 1_000_000_000_000;

// ISO 4217's minor units where they are not 2. The standard's and not Node's own: Node's data follow daily use
// (0 decimals for COP, IDR and HUF) and change with its version, which would change what stored amounts mean.
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    .split(" ")
    .map((currency) => [currency, 0] as const),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((currency) => [currency, 3] as const),
  ["CLF", 4],
  ["UYW", 4],
]);
const CURRENCIES: ReadonlySet<string> = new Set([
  ...Intl.supportedValuesOf("currency"),
  ...EXPONENTS.keys(),
]);

/** How many decimals a currency has: 2 for ARS, 0 for JPY, 3 for KWD. Throws `invalid` for no currency. */
export function exponentOf(currency: string): number {
  if (CURRENCIES.has(currency)) return EXPONENTS.get(currency) ?? 2;
  throw new MktError("invalid", `${JSON.stringify(currency)} is not a currency`);
}

/** A currency's code, in capitals. Throws `invalid` for what is no currency. */
export function currencyCode(text: string): string {
  const code = text.trim().toUpperCase();
  exponentOf(code);
  return code;
}

/** So many basis points of an amount, rounded half up to whole minor units. */
export function shareOf(minor: number, basisPoints: number): number {
  return Number((BigInt(minor) * BigInt(basisPoints) + 5_000n) / 10_000n);
}

/**
 * An amount shared out in proportion to weights, in whole minor units that make exactly the amount: what
 * rounding leaves goes to the first. Without any weight all of it does.
 */
export function shareByWeight(minor: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) =>
    whole === 0 ? 0 : Number((BigInt(minor) * BigInt(weight)) / BigInt(whole)),
  );
  const rest = minor - shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share, index) => (index === 0 ? share + rest : share));
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
 * most the currency's decimals (1.500 is refused where it may mean 1,500), and above the limit.
 */
export function parseMoney(text: string, currency: string, decimal: "." | "," = "."): number {
  const exponent = exponentOf(currency);
  const [whole = "", fraction, ...rest] = text.trim().split(decimal);
  const isMoney = [whole, fraction ?? "0"].every((digits) => /^\d+$/.test(digits));
  if (rest.length > 0 || !isMoney) {
    throw new MktError("invalid", `${JSON.stringify(text)} is not an amount of money`, {
      hint: "write it like 1234.50",
    });
  }
  const decimals = fraction ?? "";
  if (decimals.length > exponent) {
    throw new MktError("invalid", `${currency} has ${exponent} decimals: ${text} has more`);
  }
  const minor = Number(`${whole}${decimals.padEnd(exponent, "0")}`);
  if (minor <= MONEY_LIMIT_MINOR) return minor;
  throw new MktError("invalid", `${text} is more than ${formatMinor(MONEY_LIMIT_MINOR, currency)}`);
}
