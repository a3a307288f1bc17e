import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, type TestContext, test } from "vitest";
import { escapeFormula } from "../domain/formula-cell.ts";
import { MktError } from "../errors.ts";
import type { InputRow } from "./input-row.ts";
import { type InputOptions, openInput } from "./open-input.ts";
import { openRows, type RowOptions } from "./open-rows.ts";

async function directory({ onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "mkt-input-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

interface Read {
  columns: readonly string[];
  rows: InputRow[];
  /** What ended the reading, as users see it; the hint follows in brackets. */
  error?: string;
  progress?: number;
}

/** All that a source gives, up to an error. */
async function read(source: string, options?: RowOptions, from?: InputOptions): Promise<Read> {
  const result: Read = { columns: [], rows: [] };
  try {
    await using input = await openInput(source, from);
    const { columns, rows, progress } = await input.rows(options);
    result.columns = columns;
    try {
      for await (const row of rows) result.rows.push(row);
    } finally {
      result.progress = progress();
    }
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    result.error = `${error.code}: ${error.message} [${error.hint ?? ""}]`;
  }
  return result;
}

async function readText(
  t: TestContext,
  content: string | Buffer,
  { name = "rows.csv", ...options }: RowOptions & { name?: string } = {},
): Promise<Read> {
  const path = join(await directory(t), name);
  await writeFile(path, content);
  const result = await read(path, options);
  if (result.error) result.error = result.error.replace(path, name);
  return result;
}

const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

describe("what can be read", () => {
  const plain = {
    columns: ["id", "name"],
    rows: [{ line: 2, values: { id: "1", name: "Caña 😀" } }],
  };
  const text = "id,name\n1,Caña 😀\n";

  test.for<{ what: string; content: string | Buffer; options?: RowOptions & { name?: string } }>([
    { what: "UTF-8", content: text },
    { what: "no end of the last line", content: text.trimEnd() },
    { what: "CRLF", content: text.replaceAll("\n", "\r\n") },
    { what: "CR", content: text.replaceAll("\n", "\r") },
    { what: "CR at the very end of the header", content: "id,name\r1,Caña 😀" },
    { what: "quotes", content: 'id,"name"\n"1","Caña 😀"\n' },
    { what: "a BOM", content: `\uFEFF${text}` },
    {
      what: "a BOM, with another encoding named",
      content: `\uFEFF${text}`,
      options: { encoding: "latin1" },
    },
    { what: "UTF-16LE with a BOM", content: Buffer.from(`\uFEFF${text}`, "utf16le") },
    { what: "UTF-16BE with a BOM", content: utf16be(`\uFEFF${text}`) },
    {
      what: "UTF-16LE, named",
      content: Buffer.from(text, "utf16le"),
      options: { encoding: "utf-16le" },
    },
    { what: "UTF-16BE, named", content: utf16be(text), options: { encoding: "utf-16be" } },
    { what: "semicolons", content: text.replaceAll(",", ";"), options: { delimiter: ";" } },
    { what: "gzip", content: gzipSync(text), options: { name: "rows" } },
    {
      what: "gzip in several members",
      content: Buffer.concat([gzipSync("id,na"), gzipSync("me\n1,Caña 😀")]),
    },
    { what: "UTF-16 in gzip", content: gzipSync(Buffer.from(`\uFEFF${text}`, "utf16le")) },
  ])("CSV with $what", async ({ content, options }, t) => {
    expect(await readText(t, content, options)).toEqual({ ...plain, progress: 1 });
  });

  test("Latin-1 when it is named, with what Windows adds to it", async (t) => {
    const content = Buffer.from("id,name\n1,Ca\xf1a \x80 5\n", "latin1");
    const { rows } = await readText(t, content, { encoding: "latin1" });
    expect(rows).toEqual([{ line: 2, values: { id: "1", name: "Caña € 5" } }]);
  });

  test("lines are counted in cells, and those without anything left out", async (t) => {
    const { rows } = await readText(
      t,
      '\n\na,b\n\n1,"x\ny\r\nz"\r\n\n"",""\n\r\n3,"say ""hi"", then"\n',
    );
    expect(rows).toEqual([
      { line: 5, values: { a: "1", b: "x\ny\r\nz" } },
      { line: 9, values: { a: "", b: "" } },
      { line: 11, values: { a: "3", b: 'say "hi", then' } },
    ]);
  });

  test("a header alone is no rows", async (t) => {
    expect(await readText(t, "a,b")).toEqual({ columns: ["a", "b"], rows: [], progress: 1 });
  });

  test("cells that were made harmless read as they were, in CSV only", async (t) => {
    const csv = await readText(t, "a,'@b,c\n'=1+1,''-x,'tis\n");
    expect(csv.rows).toEqual([{ line: 2, values: { a: "=1+1", "@b": "'-x", c: "'tis" } }]);
    const json = await readText(t, `{"a":"'=1+1"}`);
    expect(json.rows).toEqual([{ line: 1, values: { a: "'=1+1" } }]);
  });

  test("names that objects have by themselves are columns like others", async (t) => {
    const { rows } = await readText(t, "constructor,toString\n1,2\n");
    expect(rows).toEqual([{ line: 2, values: { constructor: "1", toString: "2" } }]);
  });
});

describe("NDJSON", () => {
  const lines = [
    '{"id":"a","n":1.5,"yes":true,"none":null,"list":[1,{"x":"y"}]}',
    "",
    '{"more":"\\u00f1"}',
    "[1]",
    '{"id":',
    '{"id":12345678901234567890,"n":2}',
    '{"id":"a\\u0000"}',
    '{"__proto__":{"polluted":1}}',
    `{"id":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    '"text"',
    '{"id":"last"}',
  ];

  test.for(["rows.ndjson", "rows.jsonl", "rows.ndjson.gz", "rows.txt"])("%s", async (name, t) => {
    const content = lines.join(name === "rows.jsonl" ? "\r\n" : "\n");
    const found = await readText(t, name.endsWith("gz") ? gzipSync(content) : content, { name });
    expect(found.columns).toEqual(["id", "n", "yes", "none", "list", "more"]);
    const first = { id: "a", n: "1.5", yes: "true", none: "", list: '[1,{"x":"y"}]' };
    expect(found.rows).toMatchObject([
      { line: 1, values: first },
      { line: 3, values: { more: "ñ" } },
      { line: 4, values: {}, problem: 'it is JSON, but no object: "[1]"' },
      { line: 5, values: {}, problem: expect.stringMatching(/^it is not JSON: /) },
      { line: 6, values: { n: "2" }, problem: '"id" is too deep or too large to be exact' },
      { line: 7, problem: "it holds a NUL character" },
      { line: 8, values: {}, problem: "it has a key __proto__" },
      { line: 9, problem: expect.stringMatching(/^"id" is too deep/) },
      { line: 10, problem: 'it is JSON, but no object: "\\"text\\""' },
      { line: 11, values: { id: "last" } },
    ]);
    expect(found.error).toBeUndefined();
  });

  test("the format that is named counts", async (t) => {
    const found = await readText(t, "{a,b\n1,2\n", { format: "csv" });
    expect(found).toMatchObject({ columns: ["{a", "b"], rows: [{ line: 2 }] });
    const json = await readText(t, "a,b\n", { format: "ndjson" });
    expect(json.rows).toMatchObject([
      { line: 1, problem: expect.stringMatching(/^it is not JSON/) },
    ]);
  });

  test("new keys in every line come to an end", async (t) => {
    const content = Array.from({ length: 3_000 }, (_, index) => `{"k${index}":1}`).join("\n");
    const found = await readText(t, content);
    expect(found.error).toContain("has more than 2000 columns at line 2001 [");
    expect(found.rows).toHaveLength(2_000);
  });
});

describe("what cannot be read is refused with its line", () => {
  const long = "x".repeat(10_000_000);
  const gzipped = gzipSync(
    Array.from(
      { length: 20_000 },
      (_, index) => `${index},${createHash("md5").update(`${index}`).digest("hex")}`,
    ).join("\n"),
  );
  const broken = Buffer.from(gzipped);
  broken.fill(0xff, gzipped.length - 40_000, gzipped.length - 39_000);
  const latin1 = (text: string) => Buffer.from(text, "latin1");

  test.for<{
    what: string;
    content: string | Buffer;
    options?: RowOptions & { name?: string };
    error: string | RegExp;
    /** How many rows come before it; none by default. */
    rows?: number;
  }>([
    { what: "nothing", content: "", error: "invalid: rows.csv is empty [" },
    { what: "empty lines", content: "\n\r\n\n", error: "invalid: rows.csv is empty [" },
    { what: "a BOM alone", content: "\uFEFF", error: "invalid: rows.csv is empty [" },
    { what: "nothing in gzip", content: gzipSync(""), error: "invalid: rows.csv is empty [" },
    {
      what: "the same name twice",
      content: "\na,b,a,b\n",
      error: 'names a column twice: "a", "b", at line 2 [give one',
    },
    {
      what: "a column without a name",
      content: "a,,c\n",
      error: "has no name for its column 2 at line 1 [name it",
    },
    {
      what: "a column of blanks",
      content: "a,b, \n",
      error: "has no name for its column 3 at line 1",
    },
    {
      what: "a column __proto__",
      content: "a,__proto__\n",
      error: "names a column __proto__ at line 1",
    },
    {
      what: "semicolons",
      content: "a;b\n1;2\n",
      error:
        'has one column, "a;b", at line 1 [name what separates its cells: --delimiter, or in a mapping `delimiter: ";"`]',
    },
    {
      what: "tabs",
      content: "a\tb\n",
      error: '[name what separates its cells: --delimiter, or in a mapping `delimiter: "\\t"`]',
    },
    {
      what: "too many columns",
      content: Array.from({ length: 2_001 }, (_, index) => `c${index}`).join(),
      error: "has 2001 columns, 2000 are allowed, at line 1 [",
    },
    {
      what: "a million columns",
      content: ",".repeat(999_999),
      error: "has 1000000 columns, 2000 are allowed, at line 1 [",
    },
    {
      what: "a million long columns",
      content: Array.from({ length: 1_000_000 }, (_, index) => `c${index}`).join(),
      error: "in the row that begins at line 1: it is longer than 1 MB [",
    },
    {
      what: "a cell of 10 MB",
      content: `a,b\n1,2\n3,${long}\n`,
      error: "CSV in the row that begins at line 3: it is longer than 1 MB [",
      rows: 1,
    },
    {
      what: "a quoted cell of 10 MB",
      content: `a,b\n1,"2\n"\n3,"${long}"\n`,
      error: "begins at line 4: a quote does not close within 1 MB [mend",
      rows: 1,
    },
    {
      what: "a cell of 10 MB in NDJSON",
      content: `{"a":1}\n{"a":"${long}"}`,
      error: "NDJSON in the row that begins at line 2: it is longer than 1 MB [",
      rows: 1,
    },
    {
      what: "a quote that does not close",
      content: 'a,b\n1,2\n3,"4\n5,6\n',
      error:
        "begins at line 3: a quote does not close [mend the quotes there, or name another delimiter]",
      rows: 1,
    },
    {
      what: "a quote that opens below",
      content: 'a,b\n"1\n","2\n3,4',
      error: "begins at line 2: a quote does not close, at line 3 [",
      rows: 0,
    },
    {
      what: "a quote that does not close in the header",
      content: 'a,"b\n1,2\n',
      error: "begins at line 1: a quote does not close [",
    },
    {
      what: "a quote within a cell",
      content: 'a,b\n1,2\n3,5" pipe\n',
      error: "begins at line 3: a quote stands in the middle of a cell [mend",
      rows: 1,
    },
    {
      what: "a blank before a quote",
      content: 'a,b\n1, "2"\n',
      error: "begins at line 2: a quote stands in the middle of a cell [",
    },
    {
      what: "text after a quote",
      content: 'a,b\n1,"2"x\n',
      error: "begins at line 2: something stands between a closing quote and the end of its cell [",
    },
    {
      what: "a row that swallows the next",
      content: 'a,b\n1,"2\n3,"4"\n',
      error:
        "begins at line 2: something stands between a closing quote and the end of its cell, at line 3 [",
    },
    {
      what: "Latin-1 that nobody named",
      content: latin1("a,b\n1,2\n3,Ca\xf1a\n5,6\n"),
      error:
        "invalid: rows.csv is not UTF-8 at line 3, after 1 whole row [name what it is in, such as `encoding: latin1`",
      rows: 1,
    },
    {
      what: "Latin-1 in the header",
      content: latin1("a\xf1o,b\n1,2\n"),
      error: "is not UTF-8 at line 1, after 0 whole rows [",
    },
    {
      what: "Latin-1 in a cell of several lines",
      content: latin1('a,b\n1,2\n3,"x\ny\xf1,\n"\n'),
      error: "is not UTF-8 at line 4, after 1 whole row [",
      rows: 1,
    },
    {
      what: "a character that is cut off",
      content: latin1("a,b\n1,Ca\xc3"),
      error: "is not UTF-8 at line 2, after 0 whole rows [",
    },
    {
      what: "UTF-8 named UTF-16",
      content: "a,b\n1,2\n3",
      options: { encoding: "utf-16le" },
      error: "is not UTF-16LE at line 1",
    },
    {
      what: "half a surrogate",
      content: Buffer.from("\uFEFFa\n\ud83dx\n", "utf16le"),
      error: "is not UTF-16LE at line 2, after 0 whole rows [",
    },
    {
      what: "UTF-16LE without a mark",
      content: Buffer.from("a,b\n1,2\n", "utf16le"),
      error:
        "every other byte, as UTF-16 without a byte order mark has at line 1, after 0 whole rows [name it: `encoding: utf-16le`",
    },
    {
      what: "UTF-16BE without a mark",
      content: utf16be("a,b\n1,2\n"),
      error: "[name it: `encoding: utf-16be`",
    },
    {
      what: "UTF-32",
      content: Buffer.from("fffe000061000000", "hex"),
      error: "is in UTF-32 at line 1",
    },
    {
      what: "NUL in the header",
      content: "a\0,b\n1,2\n",
      error: "has a NUL character in its header at line 1 [",
    },
    {
      what: "nothing but NUL in gzip, a gigabyte when it is unpacked",
      content: gzipSync(Buffer.alloc(64_000_000)),
      error: /it is longer than 1 MB/,
    },
    {
      what: "gzip cut short",
      content: gzipped.subarray(0, -10_000),
      error:
        /^invalid: rows.csv is cut short: its gzip data ends at line (\d+), after (\d+) whole rows \[fetch/,
    },
    {
      what: "gzip cut short in its head",
      content: gzipped.subarray(0, 5),
      error: "is cut short: its gzip data ends at line 1, after 0 whole rows [",
    },
    {
      what: "gzip without its checksum",
      content: gzipped.subarray(0, -8),
      error: "is cut short: its gzip data ends at line 20000, after 19998 whole rows [",
      rows: 19_998,
    },
    {
      what: "gzip that is corrupt",
      content: broken,
      error: /is corrupt as gzip \(.*\) at line \d+, after \d+ whole rows \[/,
    },
    {
      what: "a spreadsheet",
      content: Buffer.from("504b030414000600", "hex"),
      options: { name: "rows.xlsx" },
      error: "rows.xlsx is a spreadsheet or a zip file, neither CSV nor NDJSON [save it",
    },
    {
      what: "a JSON list",
      content: '[\n{"a":1}\n]',
      error: "is a JSON list, not a row a line [make NDJSON of it: jq -c '.[]']",
    },
    {
      what: "a delimiter of two characters",
      content: "a",
      options: { delimiter: "::" },
      error: '"::" cannot separate cells',
    },
    {
      what: "a quote for a delimiter",
      content: "a",
      options: { delimiter: '"' },
      error: "cannot separate cells",
    },
  ])("$what", { timeout: 10_000 }, async ({ content, options, error, rows }, t) => {
    const found = await readText(t, content, options);
    if (typeof error === "string") expect(found.error).toContain(error);
    else expect(found.error).toMatch(error);
    expect(found.error).toMatch(/^invalid: /);
    expect(found.error?.length).toBeLessThan(400);
    if (typeof error === "string") expect(found.rows).toHaveLength(rows ?? 0);
  });

  test("the count of whole rows before a cut is what was given", async (t) => {
    const found = await readText(t, gzipped.subarray(0, -10_000));
    const [, line, rows] = /line (\d+), after (\d+) whole/.exec(found.error ?? "") ?? [];
    expect(found.rows).toHaveLength(Number(rows));
    expect(Number(line)).toBe(Number(rows) + 2);
    expect(Number(rows)).toBeGreaterThan(1_000);
  });

  test("nobody reads on after a cell that is too long", async (t) => {
    const found = await readText(t, `a,b\n1,2\n3,${long}\n`);
    expect(found.progress).toBeLessThan(0.2);
  });

  test("a row that is not right comes with its problem, and the reading goes on", async (t) => {
    const found = await readText(t, 'a,b\n1\n1,2,3\n1,\0\n1,"\0"\n,\n1,2\n');
    expect(found).toMatchObject({
      rows: [
        { line: 2, values: { a: "1" }, problem: "it has 1 cell, the header 2" },
        { line: 3, values: { a: "1", b: "2" }, problem: "it has 3 cells, the header 2" },
        { line: 4, problem: "it holds a NUL character" },
        { line: 5, problem: "it holds a NUL character" },
        { line: 6, values: { a: "", b: "" } },
        { line: 7, values: { a: "1", b: "2" } },
      ],
    });
    expect(found.rows.filter(({ problem }) => problem)).toHaveLength(4);
  });
});

describe("sources", () => {
  test("what is no file is refused", async (t) => {
    const home = await directory(t);
    await mkdir(join(home, "folder.csv"));
    await symlink("loop.csv", join(home, "loop.csv"));
    const errorOf = async (name: string) => (await read(join(home, name))).error;
    expect(await errorOf("folder.csv")).toContain("invalid: ");
    expect(await errorOf("folder.csv")).toContain("folder.csv is a directory, not a file");
    expect(await errorOf("none.csv")).toContain("not_found: there is no file ");
    expect(await errorOf("loop.csv")).toContain("loop.csv cannot be read: ELOOP");
    expect((await read("-")).error).toContain("usage: there is no stdin");
  });

  test("the digest is of the stored bytes", async (t) => {
    const path = join(await directory(t), "rows.csv.gz");
    const content = gzipSync("a\n1\n");
    await writeFile(path, content);
    await using input = await openInput(path);
    expect(input).toMatchObject({ name: path, sizeBytes: content.length });
    expect(await input.digest()).toBe(createHash("sha256").update(content).digest("hex"));
  });

  test.for([
    "text",
    "gzip",
  ])("stdin of %s can be read twice, and leaves nothing", async (kind, t) => {
    const spoolIn = await directory(t);
    const text = Buffer.from("a,b\n1,ñ\n2,x\n");
    const content = kind === "gzip" ? gzipSync(text) : text;
    const stdin = Readable.from([...content].map((byte) => Buffer.from([byte])));
    await using input = await openInput("-", { stdin, spoolIn });
    expect(await readdir(spoolIn)).toEqual([]);
    expect(input).toMatchObject({ name: "stdin", sizeBytes: content.length });
    expect(await input.digest()).toBe(createHash("sha256").update(content).digest("hex"));
    for (const pass of [1, 2]) {
      const { rows, progress } = await input.rows();
      const found: InputRow[] = [];
      for await (const row of rows) found.push(row);
      expect(found, `pass ${pass}`).toMatchObject([{ values: { b: "ñ" } }, { values: { b: "x" } }]);
      expect(progress()).toBe(1);
    }
  });

  test("a pipe with a name is read like stdin", async (t) => {
    const home = await directory(t);
    const path = join(home, "pipe");
    execFileSync("mkfifo", [path]);
    const [found] = await Promise.all([read(path), writeFile(path, "a\n1\n")]);
    expect(found.rows).toEqual([{ line: 2, values: { a: "1" } }]);
    expect(await readdir(home)).toEqual(["pipe"]);
  });

  test.for([
    {
      what: "fails",
      stdin: () =>
        Readable.from(
          (async function* () {
            yield "a,b\n1,2\n3,";
            throw new Error("the other side is gone");
          })(),
        ),
      error: "stdin broke off at line 3, after 10 bytes: the other side is gone [nothing was done",
    },
    {
      what: "closes before its end",
      stdin: () => {
        const pipe = new PassThrough();
        pipe.write("a,b\n", () => pipe.destroy());
        return pipe;
      },
      error: /stdin broke off at line \d, after \d bytes: Premature close/,
    },
  ])("a pipe that $what is nothing read", async ({ stdin, error }, t) => {
    const spoolIn = await directory(t);
    const found = await read("-", {}, { stdin: stdin(), spoolIn });
    if (typeof error === "string") expect(found.error).toContain(`invalid: ${error}`);
    else expect(found.error).toMatch(error);
    expect(found.rows).toEqual([]);
    expect(await readdir(spoolIn)).toEqual([]);
  });

  test("a pipe that nothing comes through can be left", async (t) => {
    const spoolIn = await directory(t);
    const stop = new AbortController();
    const found = read("-", {}, { stdin: new PassThrough(), spoolIn, stopping: stop.signal });
    stop.abort();
    expect((await found).error).toContain("interrupted: stopped while reading stdin");
    expect(await readdir(spoolIn)).toEqual([]);
  });

  test("no room for what comes through a pipe", async (t) => {
    const spoolIn = join(await directory(t), "none");
    const found = await read("-", {}, { stdin: Readable.from(["a\n"]), spoolIn });
    expect(found.error).toContain("unavailable: stdin cannot be kept in ");
  });

  test("a file that somebody writes meanwhile is not taken for whole", async (t) => {
    const path = join(await directory(t), "rows.csv");
    await writeFile(path, `a\n${"1\n".repeat(100_000)}`);
    await using input = await openInput(path);
    const { rows } = await input.rows();
    const readAll = async () => {
      let count = 0;
      for await (const _ of rows) if (count++ === 0) await appendFile(path, "2\n");
    };
    await expect(readAll()).rejects.toMatchObject({ code: "conflict" });
    await expect(input.digest()).rejects.toThrow("changed while it was read");
    expect((await readFile(path, "utf8")).endsWith("2\n")).toBe(true);
  });

  test("who stops early leaves nothing open", async (t) => {
    const path = join(await directory(t), "rows.csv");
    await writeFile(path, gzipSync(`a\n${"1\n".repeat(1_000_000)}`));
    await using input = await openInput(path);
    for (let pass = 0; pass < 3; pass++) {
      const { rows } = await input.rows();
      for await (const { line } of rows) if (line > 3) break;
    }
    await input.rows();
  });

  test("memory stays flat however long the file", async (t) => {
    const path = join(await directory(t), "rows.csv");
    const row = `${"x".repeat(500)},"${"y".repeat(500)}"\n`;
    const many = gzipSync(row.repeat(2_000), { level: 1 });
    await writeFile(path, Buffer.concat([gzipSync("a,b\n"), ...Array(25).fill(many)]));
    await using input = await openInput(path);
    const { rows } = await input.rows();
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const held = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    let [count, peak] = [0, 0];
    for await (const _ of rows) if (count++ % 10_000 === 0) peak = Math.max(peak, held() - before);
    expect(count).toBe(50_000);
    expect(peak).toBeLessThan(10_000_000);
  });
});

describe("however the bytes come", () => {
  /** Longer than what the encoding is looked for in, so that small chunks follow. */
  const header = ["a".repeat(600), "b"];
  const cell = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc
      .array(fc.constantFrom('"', ",", ";", "\n", "\r", "\r\n", "'", "=", "ñ", "😀", " ", "a"))
      .map((parts) => parts.join("")),
  );
  const table = fc.array(fc.tuple(cell, cell), { maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

  /** As a file's bytes come: each chunk holds until the next. */
  async function* inChunks(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
    const chunk = Buffer.alloc(16);
    let at = 0;
    for (let index = 0; at < bytes.length; index++) {
      const copied = bytes.copy(chunk, 0, at, at + (lengths[index % lengths.length] ?? 1));
      at += copied;
      yield chunk.subarray(0, copied);
    }
  }

  async function cellsOf(bytes: Buffer, lengths: readonly number[], options: RowOptions) {
    const { columns, rows } = await openRows("a file", inChunks(bytes, lengths), options);
    const found: string[][] = [];
    for await (const { values } of rows) found.push(columns.map((column) => values[column] ?? "?"));
    return found;
  }

  const encode = {
    "utf-8": (text: string) => Buffer.from(text),
    "utf-16le": (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le"),
    "utf-16be": (text: string) => utf16be(`\uFEFF${text}`),
  };

  test("what was written as CSV reads back", async () => {
    const options = fc.record({
      quoted: fc.boolean(),
      delimiter: fc.constantFrom(",", ";", "\t", "¦"),
      record_delimiter: fc.constantFrom("\n", "\r\n", "\r"),
      quote_record_delimiter: fc.constant(true),
    });
    const encodings = fc.constantFrom("utf-8", "utf-16le", "utf-16be");
    await fc.assert(
      fc.asyncProperty(
        table,
        options,
        encodings,
        sizes,
        async (rows, written, encoding, lengths) => {
          // A row of two empty cells is no empty line, since it has a delimiter.
          const safe = rows.map((cells) => cells.map((text) => escapeFormula(text)));
          const text = stringify([header, ...safe], written);
          const { delimiter } = written;
          expect(await cellsOf(encode[encoding](text), lengths, { delimiter })).toEqual(
            rows.map((cells) => cells.map((each) => each)),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  test("as csv-parse reads it, or both refuse it", async () => {
    const noise = fc
      .array(fc.constantFrom('"', '""', ",", "\n", "\r\n", "ñ", "a", ' "', '",', ',"'), {
        maxLength: 30,
      })
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(noise, sizes, async (text, lengths) => {
        const whole = `${header.join()}\n${text}`;
        const settings = {
          relax_column_count: true,
          skip_empty_lines: true,
          record_delimiter: ["\n", "\r\n"],
        };
        let expected: string[][] | undefined;
        try {
          expected = parse(whole, settings).slice(1);
        } catch {
          expected = undefined;
        }
        const found = await cellsOf(Buffer.from(whole), lengths, {}).catch((error: unknown) => {
          if (error instanceof MktError) return undefined;
          throw error;
        });
        const wanted = expected?.map((cells) => header.map((_, index) => cells[index] ?? "?"));
        expect(found).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  test("a byte that is not valid is found in its line", async () => {
    const lines = fc.integer({ min: 1, max: 20 });
    await fc.assert(
      fc.asyncProperty(lines, sizes, async (good, lengths) => {
        const text = `${header.join()}\n${"1,ñ😀\n".repeat(good)}`;
        const bytes = Buffer.concat([
          Buffer.from(text),
          Buffer.from([0xe9]),
          Buffer.from(",2\n1,2\n"),
        ]);
        const rows = good === 1 ? "1 whole row" : `${good} whole rows`;
        await expect(cellsOf(bytes, lengths, {})).rejects.toThrow(
          `a file is not UTF-8 at line ${good + 2}, after ${rows}`,
        );
      }),
      { numRuns: 50 },
    );
  });
});
