import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_GUIDE } from "../domain/error-guide.ts";
import { ERRORS, type ErrorCode } from "../errors.ts";
import { commandLine } from "../testing/command-line.ts";

const env = { MKT_HOME: join(tmpdir(), "mkt-explain-nowhere") };
const codes = Object.keys(ERRORS) as ErrorCode[];

test.each([
  ...codes,
  "bug" as const,
])("%s is explained for people and for programs", async (code) => {
  const { stdout, exitCode } = await commandLine(["explain", code], env);
  const { meaning, causes, remedies } = ERROR_GUIDE[code];
  expect(exitCode).toBe(0);
  for (const text of [meaning, ...causes, ...remedies.map(({ what }) => what)]) {
    expect(stdout).toContain(text);
  }
  const told = JSON.parse((await commandLine(["explain", code, "--json"], env)).stdout);
  expect(told).toMatchObject(code === "bug" ? { exit: 70, retry: false } : ERRORS[code]);
});

test("without a code all are listed, with an exit code those that end so", async () => {
  const all = JSON.parse((await commandLine(["explain", "--json"], env)).stdout);
  expect(all.items.map(({ code }: { code: string }) => code)).toEqual([...codes, "bug"]);
  const { stdout } = await commandLine(["explain", "4", "-o", "csv", "--columns", "code"], env);
  const four = codes.filter((code) => ERRORS[code].exit === 4);
  expect(stdout.trim().split("\n")).toEqual(["code", ...four]);
});

test.each([
  ["[out_of_stock]", 0, ""],
  ["Out-Of-Stock", 0, ""],
  ["out_of_stok", 3, "mkt explain out_of_stock"],
  ["decline", 3, "mkt explain declined"],
  ["stock", 3, "mkt explain out_of_stock"],
  ["xyzzy", 3, "mkt explain lists them"],
  ["0", 3, "mkt explain lists all"],
  ["99", 3, "mkt explain lists all"],
])("explain %s exits %i", async (code, exit, hint) => {
  const { exitCode, stderr } = await commandLine(["explain", code], env);
  expect(exitCode).toBe(exit);
  expect(stderr).toContain(hint);
});
