import { test } from "vitest";
import { renderJunit } from "./junit.ts";

test("counts what failed and what was not tried, and escapes what XML gives a meaning", (t) => {
  const xml = renderJunit([
    {
      name: 'A & B "sold" <here>',
      cases: [
        { name: "buy", seconds: 0.25 },
        { name: "pay", seconds: 1, failure: "it failed:\n\u0007 <declined>" },
        { name: "ship", seconds: 0, skipped: true },
      ],
    },
  ]);
  t.expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="A &amp; B &quot;sold&quot; &lt;here&gt;" tests="3" failures="1" skipped="1" time="1.250">
    <testcase classname="A &amp; B &quot;sold&quot; &lt;here&gt;" name="buy" time="0.250"/>
    <testcase classname="A &amp; B &quot;sold&quot; &lt;here&gt;" name="pay" time="1.000"><failure message="it failed:&#10;\uFFFD &lt;declined&gt;"/></testcase>
    <testcase classname="A &amp; B &quot;sold&quot; &lt;here&gt;" name="ship" time="0.000"><skipped/></testcase>
  </testsuite>
</testsuites>
`);
});
