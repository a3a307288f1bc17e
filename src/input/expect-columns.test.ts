import { expect, test } from "vitest";
import { MktError } from "../errors.ts";
import { type ExpectedColumn, expectColumns } from "./expect-columns.ts";

const expected: readonly ExpectedColumn[] = [
  { name: "order", required: true },
  { name: "trackingNumber", required: false, aliases: ["tracking-number", "tracking"] },
  { name: "carrier", required: false },
];

function errorOf(columns: readonly string[]): string {
  try {
    expectColumns(columns, expected, "today.csv");
    return "none";
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    return `${error.code}: ${error.message} [${error.hint}]`;
  }
}

test("columns are found by their names and by others that they may have", () => {
  expect([...expectColumns(["tracking", "order"], expected, "today.csv")]).toEqual([
    ["order", "order"],
    ["trackingNumber", "tracking"],
  ]);
  const twice = [{ name: "as", required: true, aliases: ["as"] }];
  expect([...expectColumns(["as"], twice, "today.csv")]).toEqual([["as", "as"]]);
});

const wanted = "expected: order, trackingNumber (optional), carrier (optional)";

test.for([
  [
    ["carrier", "Order"],
    `invalid: today.csv lacks order (did you mean "Order"?) [it has: "carrier", "Order"; ${wanted}]`,
  ],
  [["carrier"], `invalid: today.csv lacks order [it has: "carrier"; ${wanted}]`],
  [[], `invalid: today.csv lacks order [it has: none; ${wanted}]`],
  [
    ["order", "Tracking Number", "zzzzzzzz"],
    `invalid: today.csv has columns that nobody reads: "Tracking Number" (did you mean "trackingNumber"?), "zzzzzzzz" [it has: "order", "Tracking Number", "zzzzzzzz"; ${wanted}]`,
  ],
  [
    ["order", "tracking", "tracking-number"],
    "invalid: today.csv has both tracking-number and tracking, which mean the same [take one of them away]",
  ],
  [
    ["order;carrier"],
    `invalid: today.csv lacks order (did you mean "order;carrier"?) [it has: "order;carrier"; ${wanted}. Or name what separates its cells: \`delimiter\`]`,
  ],
] as const)("%j: %s", ([columns, error]) => {
  expect(errorOf(columns)).toBe(error);
});

test("an error stays short however many columns there are, and however long", () => {
  const many = Array.from({ length: 2_000 }, (_, index) => `${index}${"x".repeat(5_000)}`);
  expect(errorOf(["order", ...many]).length).toBeLessThan(8_000);
});
