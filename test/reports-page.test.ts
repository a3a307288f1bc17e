import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { REPORTS } from "../src/reports/all.ts";

const run = promisify(execFile);
const root = packageDirectory();

test("docs/reports.md is what the reports say of themselves", async () => {
  await expect(
    run(process.execPath, [join(root, "scripts", "reports.js"), "--check"]),
  ).resolves.toMatchObject({ stderr: "" });
});

test.each(
  REPORTS.flatMap((report) => report.groupings.map((by) => ({ name: report.name, by, report }))),
)("$name by $by: columns are told apart, sentences are whole, the chart draws columns", ({
  by,
  report,
}) => {
  const columns = report.columns(by);
  const keys = columns.map(({ key }) => key);
  const headers = columns.map(({ header }) => header);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(headers).size).toBe(headers.length);
  const { x, y } = report.chart(by);
  for (const key of [x, ...y]) expect(keys).toContain(key);
  // Money is told with its currency.
  if (columns.some(({ kind }) => kind === "money")) expect(keys).toContain("currency");
  const sentences = [...report.definition, ...columns.flatMap(({ means = [] }) => means)];
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z0-9`…-].*\.$/s);
  expect(report.answers).toMatch(/^[A-Z].*\?$/);
});
