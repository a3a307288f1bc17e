import { expect, test } from "vitest";
import { namesOf } from "./transcript-names.ts";
import { parseTranscript, readCommandLine, showOutput } from "./transcript-text.ts";

const UUID = "01234567-89ab-7def-8123-456789abcdef";
const OTHER = "11234567-89ab-7def-8123-456789abcdef";
const stage = { home: "/tmp/home-1", directory: "/tmp/here-1" };

test("a transcript comes apart into commands with what stands around them, and fits together again", () => {
  const text = [
    "# A story.",
    "$ cat > a.csv <<END",
    "$ not a command",
    "# not a comment",
    "END",
    "",
    "$ mkt home",
    "Newest",
    "",
    "  lamp",
    "\\$ mkt of the output",
    "! a notice",
    "[exit 4]",
    "",
    "# The end.",
    "",
  ].join("\n");
  const { steps, ending } = parseTranscript(text);
  expect(steps.map(({ command }) => command)).toEqual(["cat > a.csv <<END", "mkt home"]);
  expect(steps[0]?.document).toEqual(["$ not a command", "# not a comment", "END"]);
  const again = steps.map(({ before, command, document, output }) =>
    [`${before}$ ${command}\n`, ...[...document, ...output].map((line) => `${line}\n`)].join(""),
  );
  expect(again.join("") + ending).toBe(text);
});

test("output that looks like a transcript is marked, and escape characters are seen", () => {
  const lines = ["$ mkt", "# note", "[exit 4]", "\u001b[1mbold", "", "[exit 4]"];
  expect(showOutput(lines)).toBe("\\$ mkt\n\\# note\n\\[exit 4]\n\\e[1mbold\n\n[exit 4]\n");
  expect(showOutput(["lamp", ""])).toBe("lamp\n\\\n");
});

test("words are those of a shell, with JSON in double quotes", () => {
  const line = `A_B=1 mkt ask x:1 "a \\"b\\"\\u001b" 'c "d"' --x="y z" "" "$(repeat 3 ab)" < "p\\nq"`;
  expect(readCommandLine(line)).toEqual({
    words: ["mkt", "ask", "x:1", 'a "b"\u001b', 'c "d"', "--x=y z", "", "ababab"],
    variables: { A_B: "1" },
    input: "p\nq",
  });
  expect(readCommandLine('until mkt home | grep "a b"')).toMatchObject({
    words: ["mkt", "home"],
    until: true,
    grep: { pattern: /a b/, inverse: false },
  });
  expect(readCommandLine("mkt demo | grep -v ^x")).toMatchObject({
    words: ["mkt", "demo"],
    grep: { pattern: /^x/, inverse: true },
  });
  expect(() => readCommandLine('mkt "open')).toThrow("quotes do not match");
  expect(() => readCommandLine("mkt home | head")).toThrow("only grep");
});

test("ids are numbered as they appear, keep a table's columns, and stand for themselves in commands", () => {
  const names = namesOf(stage, "");
  expect(names.shown(`${OTHER}  lamp (${UUID}) at 2026-11-24T10:00:00.000Z`)).toBe(
    `ID1${" ".repeat(33)}  lamp (ID2) at TIME`,
  );
  expect(names.shown(`see /tmp/home-1/a and ${UUID}`)).toBe("see HOME/a and ID2");
  expect(names.real("mkt buy ID2:3")).toBe(`mkt buy ${UUID}:3`);
  expect(() => names.real("mkt buy ID3")).toThrow("ID3 stands for nothing");
  expect(namesOf(stage, `$ mkt buy ${UUID}`).shown(UUID)).toBe(UUID);
});

test("where a transcript changes, later commands follow the names", () => {
  const names = namesOf(stage, "");
  names.compare(["Bought ID1 of ID2"], ["Bought ID3 of ID1"]);
  names.compare(["Bought ID4"], ["no", "ID"]);
  expect(names.renamed("mkt show ID1 ID2 ID4")).toBe("mkt show ID3 ID1 ID4");
});
