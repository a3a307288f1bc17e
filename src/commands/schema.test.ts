import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_GUIDE } from "../domain/error-guide.ts";
import { TRANSITIONS } from "../domain/transitions.ts";
import { ERRORS } from "../errors.ts";
import { commandLine } from "../testing/command-line.ts";

interface Flag {
  name: string;
  short: string | null;
}

const env = { MKT_HOME: join(tmpdir(), "mkt-schema-nowhere") };
const schema = JSON.parse((await commandLine(["schema", "-o", "json"], env)).stdout);

/** What is wrong with a command line, as the schema says; only the words and flags are looked at. */
function problem(line: string): string | undefined {
  const words = line.split(" ").slice(1);
  if (words[0] === "help") return undefined;
  const command = schema.commands.find(({ path }: { path: string }) =>
    `${words.join(" ")} `.startsWith(`${path} `),
  );
  if (!command) return `${line}: no such command`;
  const flags: Flag[] = [...command.flags, ...schema.globalFlags];
  const unknown = words.find(
    (word) =>
      word.startsWith("-") && !flags.some(({ name, short }) => [name, short].includes(word)),
  );
  return unknown && `${line}: no flag ${unknown}`;
}

test("a command is described with its arguments, flags and examples", () => {
  const list = schema.commands.find(({ path }: { path: string }) => path === "order list");
  expect(list).toMatchObject({ aliases: [], arguments: [] });
  expect(list.examples).toContain("mkt order list --since 2026-11-01 -o csv");
  expect(list.flags.find(({ name }: Flag) => name === "--limit")).toEqual({
    name: "--limit",
    short: null,
    value: "n",
    type: "number",
    description: "at most so many",
    required: false,
    choices: null,
    default: 50,
  });
  const state = list.flags.find(({ name }: Flag) => name === "--state");
  expect(state.choices).toContain("paid");
  const buy = schema.commands.find(({ path }: { path: string }) => path === "buy");
  expect(buy.arguments).toMatchObject([{ name: "publications", required: true, variadic: true }]);
  const paths = schema.commands.map(({ path }: { path: string }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).not.toContain("complete");
  expect(schema.globalFlags.map(({ name }: Flag) => name)).toContain("--output");
});

test("errors and states are described whole", () => {
  expect(schema.errors).toHaveLength(Object.keys(ERRORS).length + 1);
  const rows = schema.machines.flatMap(
    ({ machine, transitions }: { machine: string; transitions: object[] }) =>
      transitions.map((row) => ({ machine, ...row })),
  );
  expect(rows).toEqual(TRANSITIONS);
});

test("every command that an example, a transition or an explanation names exists", () => {
  const lines = [
    ...schema.commands.flatMap(({ examples }: { examples: string[] }) => examples),
    ...TRANSITIONS.flatMap(({ command }) => command ?? []),
    ...Object.values(ERROR_GUIDE).flatMap(({ remedies }) =>
      remedies.flatMap(({ command }) => command ?? []),
    ),
  ];
  const simple = lines.filter((line: string) => /^mkt [a-z]/.test(line));
  const bare = simple.map((line) => line.split(/ [|>] | -- /)[0] ?? "");
  expect([...new Set(bare.flatMap((line) => problem(line) ?? []))]).toEqual([]);
});

test("for people it is a tree", async () => {
  const { stdout } = await commandLine(["schema"], env);
  expect(stdout).toMatch(/^mkt\n├─ register <email> {4}sign a user up\n│ {4}--name <name>/);
  expect(stdout).toMatch(/└─ states\n {5}publication: active, paused, closed\n/);
});
