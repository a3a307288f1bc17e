import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { type LocalStack, startLocalStack } from "../src/testing/local-stack.ts";

const TIMEOUT_MS = 120_000;
const fixtures = join(packageDirectory(), "fixtures");
const files = (await readdir(fixtures)).filter((name) => name.endsWith(".yaml")).sort();

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, TIMEOUT_MS);
afterAll(() => stack.remove(), TIMEOUT_MS);

// One marketplace for all of them, as an operator would play them: none may depend on being the first.
test.for(files)("mkt run fixtures/%s", { timeout: TIMEOUT_MS }, async (file) => {
  const { exitCode, stdout, stderr } = await stack.mkt([
    ...["run", join(fixtures, file), "--watch-events", "-o", "junit"],
  ]);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/<testsuite name=".+" tests="\d+" failures="0" skipped="0"/);
});
