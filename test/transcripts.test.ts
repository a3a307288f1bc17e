import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { replay, type Stage } from "../src/testing/transcript.ts";

const TIMEOUT_MS = 120_000;
const folder = join(import.meta.dirname, "transcripts");
const transcripts = (await readdir(folder)).filter((name) => name.endsWith(".txt"));
const before = process.cwd();

let stage: Stage;

beforeEach(async () => {
  // What commands start by themselves is the built program.
  if (!existsSync(join(packageDirectory(), "dist", "main.js")))
    throw new Error("npm run build first");
  const [home, directory] = await Promise.all(
    ["mkt-home-", "mkt-here-"].map((name) => mkdtemp(join(tmpdir(), name))),
  );
  stage = { home: home ?? "", directory: directory ?? "" };
  await symlink(join(packageDirectory(), "fixtures"), join(stage.directory, "fixtures"));
  process.chdir(stage.directory);
});

afterEach(async () => {
  process.chdir(before);
  await replay("$ mkt down\n", stage);
  await rm(stage.home, { recursive: true });
  await rm(stage.directory, { recursive: true });
  const running = execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" });
  expect(running.split("\n").filter((line) => line.includes(stage.home))).toEqual([]);
}, TIMEOUT_MS);

/** With MKT_UPDATE_TRANSCRIPTS=1 what happened is written down: read the difference as a specification. */
test.each(transcripts)(
  "%s",
  async (name) => {
    const file = join(folder, name);
    const written = await readFile(file, "utf8");
    const replayed = await replay(written, stage);
    if (process.env.MKT_UPDATE_TRANSCRIPTS === "1") await writeFile(file, replayed);
    else expect(replayed).toBe(written);
  },
  TIMEOUT_MS,
);
