import { expect, test } from "vitest";
import { timeReader } from "./zoned-time.ts";

const read = (zone: string, text: string, format?: string) => {
  const ms = timeReader(zone, format)(text);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

test.for([
  ["2017-01-05 12:01:20", "2017-01-05T14:01:20.000Z"],
  ["2017-08-05T12:01", "2017-08-05T15:01:00.000Z"],
  ["2017-08-05", "2017-08-05T03:00:00.000Z"],
  ["2017-08-05 12:01:20.1234", "2017-08-05T15:01:20.123Z"],
  // Clocks went from 24:00 back to 23:00: the earlier of two.
  ["2017-02-18 23:30:00", "2017-02-19T01:30:00.000Z"],
  ["2017-02-18 22:59:59", "2017-02-19T00:59:59.000Z"],
  ["2017-02-19 00:00:00", "2017-02-19T03:00:00.000Z"],
  // Clocks went from 0:00 to 1:00: half past twelve was half past one.
  ["2017-10-15 00:30:00", "2017-10-15T03:30:00.000Z"],
  ["2017-10-15 01:30:00", "2017-10-15T03:30:00.000Z"],
  ["2017-06-01T10:00:00Z", "2017-06-01T10:00:00.000Z"],
  ["2017-06-01 10:00:00+05:30", "2017-06-01T04:30:00.000Z"],
  ["2017-06-01T10:00:00.5-0500", "2017-06-01T15:00:00.500Z"],
  ["2017-02-29 10:00:00", undefined],
  ["2017-04-31", undefined],
  ["2017-13-01 00:00:00", undefined],
  ["2017-06-01 24:00:00", undefined],
  ["2017-06-01 10:60:00", undefined],
  ["0000-00-00 00:00:00", undefined],
  ["1969-12-31 10:00:00", undefined],
  ["05/01/2017", undefined],
  ["soon", undefined],
  ["", undefined],
] as const)("São Paulo's %s is %s", ([text, at]) => {
  expect(read("America/Sao_Paulo", text)).toBe(at);
});

test("other forms and zones are read as the mapping says", () => {
  const form = "dd/MM/yyyy HH:mm";
  expect(read("Europe/Madrid", "30/03/2025 02:30", form)).toBe("2025-03-30T01:30:00.000Z");
  expect(read("Europe/Madrid", "26/10/2025 02:30", form)).toBe("2025-10-26T00:30:00.000Z");
  expect(read("Europe/Madrid", "2025-10-26 02:30", form)).toBeUndefined();
  // Half an hour of daylight saving.
  expect(read("Australia/Lord_Howe", "2025-10-05 02:15")).toBe("2025-10-04T15:45:00.000Z");
  // A day that Samoa left out.
  expect(read("Pacific/Apia", "2011-12-30 12:00")).toBe("2011-12-30T22:00:00.000Z");
});

test("times of a year read back as the clocks showed it, or an hour later", () => {
  const clock = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "America/Sao_Paulo",
    dateStyle: "short",
    timeStyle: "medium",
  });
  const reader = timeReader("America/Sao_Paulo");
  for (let ms = Date.UTC(2017, 0, 1); ms < Date.UTC(2018, 0, 1); ms += 431 * 60_000) {
    const shown = clock.format(ms);
    const back = reader(shown);
    expect([ms, ms - 3_600_000]).toContain(back);
    expect(clock.format(back)).toBe(shown);
  }
});
