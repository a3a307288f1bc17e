const BLOCKS = "▁▂▃▄▅▆▇█";
const SHADES = "·░▒▓█";

/** Values as one character each, the greatest `max`; null: not yet, a blank. */
export function sparkline(values: readonly (number | null)[], max: number): string {
  return values
    .map((value) => {
      if (value === null) return " ";
      const step = max === 0 ? 0 : Math.round((value / max) * (BLOCKS.length - 1));
      return BLOCKS[step] ?? " ";
    })
    .join("");
}

/** A value as a bar of at most so many columns; one that is not 0 has at least one. */
export function bar(value: number, max: number, columns: number): string {
  if (value <= 0 || max <= 0) return "";
  return "█".repeat(Math.max(1, Math.round((value / max) * columns)));
}

/** A value as one character that is the darker the more it is; 0 is a point. */
export function shade(value: number, max: number): string {
  if (value <= 0 || max <= 0) return SHADES.charAt(0);
  return SHADES.charAt(Math.max(1, Math.ceil((value / max) * (SHADES.length - 1))));
}

/** A count with its thousands apart. */
export const counted = (count: number): string => count.toLocaleString("en-US");

/** A share of 0 to 1 in percent; a dash for none. */
export function percent(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(1)}%`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** A time in its largest unit, with one digit behind the point; a dash for none. */
export function span(seconds: number | null): string {
  if (seconds === null) return "-";
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ["s", 1];
  return `${(seconds / size).toFixed(1)} ${unit}`;
}

const SIZES = ["B", "kB", "MB", "GB", "TB"];

/** Bytes in their largest unit of 1,024. */
export function sized(bytes: number): string {
  let [value, at] = [bytes, 0];
  for (; value >= 1_024 && at < SIZES.length - 1; at += 1) value /= 1_024;
  return `${at === 0 ? value : value.toFixed(1)} ${SIZES[at]}`;
}
