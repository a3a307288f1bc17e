import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { expect, type TestContext, test } from "vitest";
import { openContext } from "../context.ts";
import {
  collect,
  duration,
  examples,
  limit,
  longDuration,
  positiveInteger,
  readImages,
  readPassword,
  time,
  wanted,
  wholeNumber,
} from "./parse.ts";

test.for([
  { text: "0", number: 0 },
  { text: "-0", number: 0 },
  { text: "-12", number: -12 },
  { text: "007", number: 7 },
  { text: "999999999999999", number: 999_999_999_999_999 },
])("$text is the whole number $number", ({ text, number }) => {
  expect(wholeNumber(text)).toBe(number);
});

test.for([
  "",
  " 1",
  "1.5",
  "1e3",
  "0x1",
  "+1",
  "one",
  "1234567890123456",
  "٣",
  "1\n",
])("%j is no whole number", (text) => {
  expect(() => wholeNumber(text)).toThrow("it is not a whole number.");
});

test("counts are above zero, and a list has a limit", () => {
  expect(positiveInteger("1")).toBe(1);
  expect(() => positiveInteger("0")).toThrow("it must be above zero.");
  expect(() => positiveInteger("-1")).toThrow("it must be above zero.");
  expect(limit("1000")).toBe(1_000);
  expect(() => limit("1001")).toThrow("at most 1000; go on with --page-token.");
  expect(() => limit("0")).toThrow("it must be above zero.");
});

test.for([
  { text: "30", milliseconds: 30_000 },
  { text: "500ms", milliseconds: 500 },
  { text: "5m", milliseconds: 300_000 },
  { text: "2h", milliseconds: 7_200_000 },
  { text: "0s", milliseconds: 0 },
])("$text lasts $milliseconds ms", ({ text, milliseconds }) => {
  expect(duration(text)).toBe(milliseconds);
});

test.for(["", "s", "-1s", "1.5s", "1d", "1 s", "1234567s"])("%j is no duration", (text) => {
  expect(() => duration(text)).toThrow("write it like 30s, 5m or 500ms.");
});

test("a duration longer than timers take is refused: they would end at once", () => {
  expect(duration("596h")).toBeLessThan(2 ** 31);
  expect(() => duration("597h")).toThrow("at most 24 days.");
});

test.for([
  { text: "2026-11-24", at: "2026-11-24T00:00:00.000Z" },
  { text: "2028-02-29", at: "2028-02-29T00:00:00.000Z" },
  { text: "2026-11-24T10:00", at: "2026-11-24T10:00:00.000Z" },
  { text: "2026-11-24T10:00:00.5Z", at: "2026-11-24T10:00:00.500Z" },
  { text: "2026-11-24T22:00-03:00", at: "2026-11-25T01:00:00.000Z" },
])("$text is $at, wherever it is typed", ({ text, at }) => {
  expect(time(text)).toBe(at);
});

test.for([
  ...[
    "",
    "today",
    "0000-01-01",
    "9999-12-31T23:59:59-14:00",
    "2026",
    "2026-11",
    "24/11/2026",
    "2026-11-24junk",
    "2026-11-24 10:00",
    "20261124",
  ],
  ...[
    "2026-02-30",
    "2026-02-30T10:00Z",
    "2027-02-29",
    "2026-13-01",
    "2026-11-24T25:00",
    "2026-11-24T10",
  ],
])("%j is no time", (text) => {
  expect(() => time(text)).toThrow("write it like 2026-11-24 or 2026-11-24T10:00:00Z.");
});

test("an option that is given again adds to what was given", () => {
  expect(collect("b", collect("a", undefined))).toEqual(["a", "b"]);
});

test.for([
  { text: "0199c4e2", publication: "0199c4e2", quantity: 1 },
  { text: "0199c4e2:12", publication: "0199c4e2", quantity: 12 },
])("$text wants $quantity of $publication", ({ text, publication, quantity }) => {
  expect(wanted(text)).toEqual({ publication, quantity });
});

test.for(["a:b", "a:1:2", "a:-1", "a:1.5", "a:", "a:1234567890"])("%j wants nothing", (text) => {
  expect(() => wanted(text)).toThrow(`${JSON.stringify(text)} is not PUBLICATION[:QUANTITY]`);
});

test("help ends with what one can type", () => {
  expect(examples("mkt a")).toBe("\nExample:\n  $ mkt a");
  expect(examples("mkt a", "mkt b")).toBe("\nExamples:\n  $ mkt a\n  $ mkt b");
});

async function directory({ onTestFinished }: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "mkt-parse-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

function context(typed = "") {
  const streams = {
    stdin: Readable.from([typed]),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
  };
  return openContext(
    streams,
    () => ({}),
    async () => 0,
  );
}

test("a password comes from a file or from stdin, without its last line end", async (t) => {
  const path = join(await directory(t), "password");
  await writeFile(path, " lamps and\nchairs \r\n");
  const from = (typed: string, options: Parameters<typeof readPassword>[1]) =>
    readPassword("Password", options, context(typed));
  t.expect(await from("", { passwordFile: path })).toBe(" lamps and\nchairs ");
  t.expect(await from("contraseña\n", { passwordStdin: true })).toBe("contraseña");
  t.expect(await from("two\n\n", { passwordStdin: true })).toBe("two\n");
});

test("where there is no password, what to do is said", async (t) => {
  const path = await directory(t);
  await writeFile(join(path, "large"), "x".repeat(4_097));
  const from = (options: Parameters<typeof readPassword>[1], typed = "") =>
    readPassword("Password", options, context(typed));
  for (const passwordFile of [join(path, "nowhere"), path]) {
    await t.expect(from({ passwordFile })).rejects.toMatchObject({
      code: "not_found",
      message: `there is no readable file ${passwordFile}`,
    });
  }
  for (const passwordFile of [join(path, "large"), "/dev/zero"]) {
    await t.expect(from({ passwordFile })).rejects.toMatchObject({
      code: "invalid",
      message: `${passwordFile} has more than 4096 bytes`,
    });
  }
  await t
    .expect(from({ passwordStdin: true }, "x".repeat(4_097)))
    .rejects.toMatchObject({ code: "invalid", message: "stdin has more than 4096 bytes" });
  await t.expect(from({})).rejects.toMatchObject({ code: "usage", hint: /--password-stdin/ });
});

test("images are files that are there", async (t) => {
  const path = await directory(t);
  await writeFile(join(path, "lamp.jpg"), "bytes");
  t.expect(await readImages([join(path, "lamp.jpg")])).toEqual([
    { name: "lamp.jpg", bytes: Buffer.from("bytes") },
  ]);
  t.expect(await readImages(undefined)).toEqual([]);
  for (const missing of [join(path, "chair.jpg"), path]) {
    await t
      .expect(readImages([missing]))
      .rejects.toMatchObject({ code: "not_found", message: `there is no file ${missing}` });
  }
});

test.for([
  { text: "15m", milliseconds: 900_000 },
  { text: "2h30m", milliseconds: 9_000_000 },
  { text: "1w1d", milliseconds: 691_200_000 },
  { text: "250ms", milliseconds: 250 },
  { text: "3650d", milliseconds: 315_360_000_000 },
])("a clock can be moved by $text: $milliseconds ms", ({ text, milliseconds }) => {
  expect(longDuration(text)).toBe(milliseconds);
});

test.for([
  "",
  "15",
  "-15m",
  "1.5h",
  "m",
  "1y",
  "2h 30m",
  "0m",
  "3651d",
  "0d0h",
])("a clock cannot be moved by %j", (text) => {
  expect(() => longDuration(text)).toThrow(/write it like|above zero|at most/);
});
