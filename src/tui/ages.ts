const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
];
const DAYS_OF_YEARS = 1_000;

/** How long ago a time is, in its largest unit: 12s, 5m, 3h, 40d, 3y; a dash for no time. */
export function age(at: string | null, now: string): string {
  if (at === null) return "-";
  const seconds = Math.max(0, Math.floor((Date.parse(now) - Date.parse(at)) / 1000));
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ["s", 1];
  const count = Math.floor(seconds / size);
  return unit === "d" && count >= DAYS_OF_YEARS ? `${Math.floor(count / 365)}y` : `${count}${unit}`;
}

/** A text with its times as people read them, in a time zone. */
export function timesIn(text: string, timeZone: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => moment(at, timeZone));
}

/** A time as people read it in a list of times, in a time zone. */
export function moment(at: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  return parts.format(new Date(at));
}
