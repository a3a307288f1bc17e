import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_GUIDE } from "../domain/error-guide.ts";
import { TRANSITIONS } from "../domain/transitions.ts";
import { ERRORS } from "../errors.ts";
import { REPORTS } from "../reports/all.ts";
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

interface Column {
  key: string;
  flag: string | null;
}

const columnsOf = (command: string): Column[] =>
  schema.commands.find(({ path }: { path: string }) => path === command).columns;

test("a command that prints a list is described with its columns", async () => {
  expect(columnsOf("order list").slice(0, 4)).toEqual([
    { key: "id", header: "ID", kind: "id", wide: false, flag: null },
    { key: "state", header: "STATE", kind: "state", wide: false, flag: null },
    { key: "totalMinor", header: "TOTAL", kind: "money", wide: false, flag: null },
    { key: "currency", header: "CURRENCY", kind: "text", wide: true, flag: null },
  ]);
  const ofTotals = columnsOf("ledger list").filter(({ flag }) => flag === "--totals");
  expect(ofTotals.map(({ key }) => key)).toEqual(["account", "amountMinor", "currency"]);
  expect(columnsOf("order show")).toEqual([]);
  const { stdout } = await commandLine(["explain", "-o", "csv"], env);
  expect(stdout.split("\n")[0]).toBe(
    columnsOf("explain")
      .map(({ key }) => key)
      .join(","),
  );
});

test("a flag that a command's columns wait for is one of its flags", () => {
  for (const { path, flags, columns } of schema.commands) {
    const names = [null, ...flags.map(({ name }: Flag) => name)];
    for (const { flag } of columns) expect(names, path).toContain(flag);
  }
});

const PRINTING = /\bprint(?:List|Cards|Rows)\(/g;
/** Prints for others, which say what. */
const PRINTERS = new Set(["print-rows.ts", "run-rows.ts", "publication/cards.ts"]);

/** Names of the columns in a file of commands: those that are printed, and those that are made known. */
function columnNames(source: string) {
  const text = source.replaceAll(/\s+/g, " ");
  const prints = [...text.matchAll(/\bprint(?:List|Cards|Rows)\(.*?, (\w+)(?:, mkt)?,? ?\)/g)];
  const knowing = [
    ...text.matchAll(/\bwithColumns\(\w+(?:\.command\("[\w-]+"\))?, (.*?)\) ?[.;]/g),
  ];
  const names = knowing.flatMap(([, given = ""]) => given.match(/\b(?:c|\w+C)olumns\b/g) ?? []);
  return {
    printed: [...new Set(prints.map(([, name]) => name))].sort(),
    known: [...new Set(names)].sort(),
    isWhole: prints.length === text.match(PRINTING)?.length,
  };
}

test("every command that prints a list makes known just the columns that it prints", async () => {
  const files = (await readdir(import.meta.dirname, { recursive: true })).sort();
  const printing: string[] = [];
  for (const file of files.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))) {
    const source = await readFile(join(import.meta.dirname, file), "utf8");
    if (PRINTERS.has(file) || source.match(PRINTING) === null) continue;
    const { printed, known, isWhole } = columnNames(source);
    expect({ file, printed, isWhole }).toEqual({ file, printed: known, isWhole: true });
    printing.push(file.replace(".ts", "").replaceAll("/", " "));
  }
  // What a dry run over a file prints is the same for all that have one; exports and reports write what they describe.
  const reports = REPORTS.map(({ name }) => `report ${name}`);
  const described = schema.commands.filter(
    ({ path, columns }: { path: string; columns: Column[] }) =>
      !path.startsWith("export ") &&
      !reports.includes(path) &&
      columns.some(({ flag }) => flag !== "--dry-run"),
  );
  expect(described.map(({ path }: { path: string }) => path).sort()).toEqual(printing.sort());
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

test("a format that a command cannot print is refused before it does anything", async () => {
  const formats = (path: string) =>
    schema.commands.find((each: { path: string }) => each.path === path).formats;
  expect(formats("buy")).not.toContain("html");
  expect(formats("report sales")).toEqual(expect.arrayContaining(["table", "html", "parquet"]));
  expect(formats("run")).toContain("junit");
  for (const [line, only] of [
    ["buy 0199c4f8 -o html", "only mkt report and mkt dispute dossier write pages"],
    ["order list -o parquet", "only mkt export, mkt sql and mkt report write Parquet"],
    ["doctor -o junit", "only mkt run reports as junit"],
    ["export orders -o html", "only mkt report and mkt dispute dossier write pages"],
  ] as const) {
    const { exitCode, stdout, stderr } = await commandLine(line.split(" "), env);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining(only),
    });
  }
  expect(await readdir(env.MKT_HOME).catch(() => "nothing")).toBe("nothing");
});
