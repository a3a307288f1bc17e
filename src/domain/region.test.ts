import { expect, test } from "vitest";
import { checkRegion, isRegion, tidyRegion } from "./region.ts";

test.for([
  ["SP", "SP"],
  ["  São Paulo ", "São Paulo"],
  // The same letters however they are composed: reports gather by them.
  ["Co\u0301rdoba", "Córdoba"],
  ["Bogotá, D.C.", "Bogotá, D.C."],
  ["FR-75", "FR-75"],
  ["大阪府", "大阪府"],
  ["x".repeat(60), "x".repeat(60)],
])("%s is a region", ([typed, region]) => {
  expect(checkRegion(typed ?? "")).toBe(region);
  expect(tidyRegion(typed ?? "")).toBe(region);
});

test.for([
  "",
  " ",
  "x".repeat(61),
  "Corrientes 1234",
  "C1043",
  "١٢",
  "zoe@example.com",
  "FR-75001",
  "fr-75",
  "a\u001b[m",
])("%j is none: it is nothing, too long, or finer than a region", (text) => {
  expect(isRegion(text.trim())).toBe(false);
  expect(() => checkRegion(text)).toThrow(expect.objectContaining({ code: "invalid" }));
});

test.for([
  null,
  "",
  "Corrientes 1234",
  "zoe@example.com",
  "28013",
])("of a source's %j no region is known", (text) => {
  expect(tidyRegion(text)).toBeNull();
});
