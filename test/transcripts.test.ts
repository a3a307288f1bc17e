import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packageDirectory } from "../src/config.ts";
import { identify } from "../src/local/processes.ts";
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
  const status = await replay("$ mkt status --json\n", stage);
  const processes = [...status.matchAll(/"pid": (\d+)/g)].map(([, pid]) => Number(pid));
  await replay("$ mkt down\n", stage);
  await rm(stage.home, { recursive: true });
  await rm(stage.directory, { recursive: true });
  expect(processes.filter(identify)).toEqual([]);
}, TIMEOUT_MS);

/** The help of a command and of all its subcommands, by their names. */
async function helpTexts(path: readonly string[] = []): Promise<Map<string, string>> {
  const command = ["mkt", ...path].join(" ");
  const help = await replay(`$ ${command} --help\n`, stage);
  const texts = new Map([[command, help]]);
  const [, list = ""] = help.split("\nCommands:\n");
  for (const [, name = ""] of list.matchAll(/^ {2}([a-z_-]+)/gm)) {
    if (name === "help") continue;
    for (const [below, text] of await helpTexts([...path, name])) texts.set(below, text);
  }
  return texts;
}

test("every command's help has an example, and every command stands in a transcript", async () => {
  const texts = await helpTexts();
  const example = /^Examples?:\n {2}\$ mkt /m;
  expect([...texts].filter(([, help]) => !example.test(help))).toEqual([]);

  const written = await Promise.all(
    transcripts.map((name) => readFile(join(folder, name), "utf8")),
  );
  const commands = written.join("").match(/^\$ .*/gm) ?? [];
  const final = [...texts].filter(([, help]) => !help.includes("\nCommands:\n"));
  const shown = ([name]: readonly [string, string]) =>
    commands.some((command) => `${command} `.includes(` ${name} `));
  expect(final.filter((command) => !shown(command)).map(([name]) => name)).toEqual([]);
});

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
