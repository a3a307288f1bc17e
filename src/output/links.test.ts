import { expect, test } from "vitest";
import { hyperlink } from "./links.ts";
import { displayWidth } from "./safe-text.ts";
import { block } from "./story.ts";
import { renderTable } from "./table.ts";

const opens = { links: true };
const link = { url: "https://example.com/lamp.jpg?a=1", label: "image 1" };

test("a terminal that opens links gets the label, and the URL unseen", () => {
  const shown = hyperlink(link, opens);
  expect(shown).toBe("\u001b]8;;https://example.com/lamp.jpg?a=1\u001b\\image 1\u001b]8;;\u001b\\");
  expect(displayWidth(shown)).toBe("image 1".length);
});

test("others get the URL", () => {
  expect(hyperlink(link, { links: false })).toBe(link.url);
});

test.for([
  { url: "https://x/\u001b\\\u001b[2J", shown: "https://x/␛\\␛[2J" },
  { url: "https://x/\u0007", shown: "https://x/␇" },
  { url: "https://x/\u009c", shown: "https://x/\\u{9c}" },
  { url: "https://x/a b", shown: "https://x/a b" },
  { url: "javascript:alert(1)", shown: "javascript:alert(1)" },
  { url: "ssh://x", shown: "ssh://x" },
])("$url is shown, not linked", ({ url, shown }) => {
  expect(hyperlink({ url, label: "image" }, opens)).toBe(shown);
});

test("a label does not drive the terminal", () => {
  expect(hyperlink({ ...link, label: "\u001b[2J" }, opens)).toContain("\u001b\\␛[2J\u001b]");
});

test("labelled lines hold texts and links", () => {
  const pairs = [
    ["title", "Lamp\nof brass"],
    ["image", link],
  ] as const;
  expect(block(pairs)).toBe(`title  Lamp\n       of brass\nimage  ${link.url}`);
  expect(block(pairs, opens).split("\n").at(-1)).toBe(`image  ${hyperlink(link, opens)}`);
  expect(block([["title", "red \u001b[31m"]])).toBe("title  red ␛[31m");
  expect(block([])).toBe("");
});

test("a table's links are short where they open, whole where they do not, and never cut", () => {
  const url = `https://example.com/${"x".repeat(200)}`;
  const columns = [
    { key: "images", header: "IMAGES", kind: "links", value: () => `${url} ${url}` },
    { key: "title", header: "TITLE", value: () => "Lamp" },
  ] as const;
  const terminal = { isTerminal: true, columns: 80, colour: false };
  const [header, row] = renderTable(
    [{}],
    columns,
    { ...terminal, links: true },
    { wide: true },
  ).split("\n");
  expect(header).toBe("IMAGES         TITLE");
  expect(row).toBe(
    `${hyperlink({ url, label: "link 1" }, opens)} ${hyperlink({ url, label: "link 2" }, opens)}  Lamp`,
  );
  expect(renderTable([{}], columns, { ...terminal, links: false }, { wide: true })).toBe(
    `IMAGES  ${url} ${url}\nTITLE   Lamp\n`,
  );
});
