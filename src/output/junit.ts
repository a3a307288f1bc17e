/** One thing that was tried, and what was wrong with it. */
export interface JunitCase {
  name: string;
  seconds: number;
  /** Undefined: it passed. */
  failure?: string | undefined;
  skipped?: boolean;
}

export interface JunitSuite {
  name: string;
  cases: readonly JunitCase[];
}

/** Suites as JUnit's XML, which CI systems read. */
export function renderJunit(suites: readonly JunitSuite[]): string {
  const body = suites.map(({ name, cases }) => {
    const failed = cases.filter(({ failure }) => failure !== undefined).length;
    const skipped = cases.filter((one) => one.skipped).length;
    const head = `<testsuite name=${quote(name)} tests="${cases.length}" failures="${failed}" skipped="${skipped}" time="${sum(cases)}">`;
    return [`  ${head}`, ...cases.map((one) => `    ${testCase(name, one)}`), "  </testsuite>"];
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    ...body.flat(),
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase(suite: string, { name, seconds, failure, skipped }: JunitCase): string {
  const head = `<testcase classname=${quote(suite)} name=${quote(name)} time="${seconds.toFixed(3)}"`;
  if (skipped) return `${head}><skipped/></testcase>`;
  if (failure === undefined) return `${head}/>`;
  return `${head}><failure message=${quote(failure)}/></testcase>`;
}

function sum(cases: readonly JunitCase[]): string {
  return cases.reduce((total, { seconds }) => total + seconds, 0).toFixed(3);
}

// XML 1.0 has no way to write these characters at all.
const UNWRITABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function quote(text: string): string {
  const safe = text
    .replaceAll(UNWRITABLE, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
  return `"${safe}"`;
}
