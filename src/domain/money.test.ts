import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMinor, MONEY_LIMIT_MINOR, parseMoney } from "./money.ts";

// ISO 4217, whatever the running Node's own data say of daily use.
const currency = fc.constantFrom("ARS", "COP", "IDR", "HUF", "JPY", "CLP", "KWD", "IQD", "CLF");
const minor = fc.integer({ min: 0, max: MONEY_LIMIT_MINOR });

test.for([
  { amountMinor: 0, code: "ARS", text: "ARS 0.00" },
  { amountMinor: 5, code: "ARS", text: "ARS 0.05" },
  { amountMinor: 123_456, code: "COP", text: "COP 1,234.56" },
  { amountMinor: -123_456_789, code: "ARS", text: "ARS -1,234,567.89" },
  { amountMinor: 123_456, code: "JPY", text: "JPY 123,456" },
  { amountMinor: 123_456, code: "KWD", text: "KWD 123.456" },
  { amountMinor: 7, code: "CLF", text: "CLF 0.0007" },
  { amountMinor: MONEY_LIMIT_MINOR, code: "USD", text: "USD 10,000,000,000.00" },
])("shows $amountMinor minor units as $text", ({ amountMinor, code, text }) => {
  expect(formatMinor(amountMinor, code)).toBe(text);
});

test.for([
  { text: "1234.56", code: "ARS", amountMinor: 123_456 },
  { text: " 12 ", code: "ARS", amountMinor: 1_200 },
  { text: "0012.5", code: "ARS", amountMinor: 1_250 },
  { text: "0.29", code: "ARS", amountMinor: 29 },
  { text: "500", code: "JPY", amountMinor: 500 },
  { text: "1.005", code: "KWD", amountMinor: 1_005 },
  { text: "10000000000.00", code: "ARS", amountMinor: MONEY_LIMIT_MINOR },
])("reads $text as $amountMinor minor units of $code", ({ text, code, amountMinor }) => {
  expect(parseMoney(text, code)).toBe(amountMinor);
});

test("reads a decimal comma where a file has one, and there no point", () => {
  expect(parseMoney("265,5", "ARS", ",")).toBe(26_550);
  expect(() => parseMoney("265.5", "ARS", ",")).toThrow("not an amount");
});

test.for([
  ...["", " ", ".", "1.", ".5", "-1", "+1", "1e3", "1,234.56", "1.2.3", "0x10", "Infinity", "NaN"],
  ...["1 000", "$5", "٣", "1\n2", "１"],
])("refuses %j as an amount", (text) => {
  expect(() => parseMoney(text, "ARS")).toThrow(expect.objectContaining({ code: "invalid" }));
});

test.for([
  { text: "10.005", code: "ARS", message: "ARS has 2 decimals: 10.005 has more" },
  { text: "1.500", code: "ARS", message: "ARS has 2 decimals" },
  { text: "1.5", code: "JPY", message: "JPY has 0 decimals" },
  { text: "10000000000.01", code: "ARS", message: "more than ARS 10,000,000,000.00" },
  { text: "9".repeat(400), code: "ARS", message: "more than" },
  { text: "1", code: "ABC", message: '"ABC" is not a currency' },
  { text: "1", code: "ars", message: '"ars" is not a currency' },
  { text: "1", code: "", message: '"" is not a currency' },
])("refuses $text $code", ({ text, code, message }) => {
  expect(() => parseMoney(text, code)).toThrow(message);
});

test("what is shown reads back as the same amount", () => {
  fc.assert(
    fc.property(minor, currency, (amountMinor, code) => {
      const shown = formatMinor(amountMinor, code).slice(code.length + 1);
      expect(parseMoney(shown.replaceAll(",", ""), code)).toBe(amountMinor);
    }),
  );
});
