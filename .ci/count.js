// Prints how many tests of a vitest run passed and failed, from its JSON report and its exit status.
import { readFileSync } from "node:fs";

const [file, status] = process.argv.slice(2);
const { numPassedTests, numFailedTests, testResults } = read(file);
// A file that cannot be loaded, or whose preparation fails, has failed without a failed test.
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((test) => test.status === "failed"),
).length;
const failed = numFailedTests + brokenFiles;
// Whatever else went wrong counts once: an error outside the tests, a run cut short, no test at all.
const wentWrong = failed === 0 && (status !== "0" || numPassedTests === 0);
process.stdout.write(`${numPassedTests} ${failed + (wentWrong ? 1 : 0)}\n`);

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  }
}
