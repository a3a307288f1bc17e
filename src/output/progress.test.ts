import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { progressBar } from "./progress.ts";
import { displayWidth } from "./safe-text.ts";

function setup({
  isTTY,
  columns = 80,
  total = 200,
}: {
  isTTY: boolean;
  columns?: number;
  total?: number;
}) {
  let atMs = 0;
  const stream = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY, columns });
  const terminal = { isTerminal: isTTY, columns };
  const bar = progressBar({ stream, terminal, label: "publishing", total, now: () => atMs });
  return {
    bar,
    passes: (seconds: number) => {
      atMs += 1_000 * seconds;
    },
    written: () => String(stream.read() ?? ""),
  };
}

test("a run of less than a second says nothing", () => {
  for (const isTTY of [true, false]) {
    const { bar, passes, written } = setup({ isTTY });
    bar.update(100);
    passes(0.9);
    bar.update(200);
    bar.done();
    expect(written()).toBe("");
  }
});

test("elsewhere than on a terminal a line tells how far it is, every five seconds and at the end", () => {
  const { bar, passes, written } = setup({ isTTY: false });
  passes(2);
  bar.update(20);
  expect(written()).toBe("");
  passes(3);
  bar.update(50, { failures: 2 });
  expect(written()).toBe("publishing 50 of 200, 2 failed, 10/s, 15s left\n");
  passes(4);
  bar.update(90);
  expect(written()).toBe("");
  passes(1);
  bar.update(200);
  expect(written()).toBe("publishing 200 of 200, 2 failed, 20/s\n");
  passes(0.5);
  bar.done();
  expect(written()).toBe("publishing 200 of 200, 2 failed, 19/s\n");
});

test("slow and long work shows its rate and hours", () => {
  const { bar, passes, written } = setup({ isTTY: false, total: 10_000 });
  passes(10);
  bar.update(5);
  expect(written()).toBe("publishing 5 of 10000, 0.5/s, 5h33m left\n");
  passes(60);
  bar.update(5_000);
  expect(written()).toBe("publishing 5000 of 10000, 71/s, 1m10s left\n");
});

test("a phase counts from its own beginning", () => {
  const { bar, passes, written } = setup({ isTTY: false });
  passes(100);
  bar.update(0, { label: "indexing", total: 40 });
  written();
  passes(5);
  bar.update(20);
  expect(written()).toBe("indexing 20 of 40, 4.0/s, 5s left\n");
});

test("without a total it counts", () => {
  const { bar, passes, written } = setup({ isTTY: false, total: 0 });
  passes(5);
  bar.update(50);
  expect(written()).toBe("publishing 50, 10/s\n");
});

test.for([
  {
    columns: 80,
    line: "publishing [=========---------------------] 60 of 200, 1 failed, 12/s, 12s left",
  },
  {
    columns: 200,
    line: `publishing [${"=".repeat(12)}${"-".repeat(28)}] 60 of 200, 1 failed, 12/s, 12s left`,
  },
  { columns: 50, line: "publishing 60 of 200, 1 failed, 12/s, 12s left" },
])("a terminal of $columns columns shows a bar that fits", ({ columns, line }, {
  onTestFinished,
}) => {
  const { bar, passes, written } = setup({ isTTY: true, columns });
  onTestFinished(bar.done);
  passes(5);
  bar.update(60, { failures: 1 });
  const shown = written();
  expect(shown).toContain(line);
  expect(displayWidth(line)).toBeLessThan(columns);
});

test("the bar leaves cursor and line wrapping alone, shows the end and a new line", () => {
  const { bar, passes, written } = setup({ isTTY: true });
  passes(2);
  bar.update(50);
  bar.update(200);
  bar.done();
  const shown = written();
  expect(shown).toMatch(/\] 200 of 200, 100\/s[^\n]*\n$/);
  expect(shown).not.toMatch(/\[\?(7|25)/);
  bar.done();
  expect(written()).toBe("");
});
