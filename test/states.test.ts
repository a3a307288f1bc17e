import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { statesOf, TRANSITIONS } from "../src/domain/transitions.ts";

const run = promisify(execFile);
const root = packageDirectory();

test("docs/states.md and its pictures are what the table of transitions makes", async () => {
  await expect(
    run(process.execPath, [join(root, "scripts", "states.js"), "--check"]),
  ).resolves.toMatchObject({ stderr: "" });
});

interface Box {
  text: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The boxes of states and the white ones behind labels. */
function boxes(svg: string): Box[] {
  const rects = svg.matchAll(
    /<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"([^>]*)>/g,
  );
  return [...rects]
    .filter(([, , , , , more]) => !more?.includes('fill="none"'))
    .map(([text, x, y, width, height]) => {
      return { text, x: Number(x), y: Number(y), width: Number(width), height: Number(height) };
    });
}

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test.each([
  ...new Set(TRANSITIONS.map(({ machine }) => machine)),
])("the picture of a %s shows every state and event, none over another", async (machine) => {
  const svg = await readFile(join(root, "docs", "states", `${machine}.svg`), "utf8");
  const rows = TRANSITIONS.filter((row) => row.machine === machine);
  for (const name of [...statesOf(machine), ...rows.map(({ event }) => event)]) {
    expect(svg).toContain(`>${name.replaceAll("_", " ")}</text>`);
  }
  const all = boxes(svg);
  expect(all.length).toBeGreaterThan(statesOf(machine).length);
  const hidden = all.flatMap((a, index) => all.slice(index + 1).filter((b) => overlap(a, b)));
  expect(hidden).toEqual([]);
});
