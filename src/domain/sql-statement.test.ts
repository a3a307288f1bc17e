import { expect, test } from "vitest";
import { firstStatement, firstWord, isBlank, withoutEnd } from "./sql-statement.ts";

test.for([
  ["select 1; select 2", "select 1", " select 2"],
  ["select ';'; x", "select ';'", " x"],
  ["select 'it''s; ' ;", "select 'it''s; ' ", ""],
  ["select E'\\';' ; x", "select E'\\';' ", " x"],
  ["select '\\'; x", "select '\\'", " x"],
  ['select "a;b"; x', 'select "a;b"', " x"],
  ["select 1 -- ; no\n; x", "select 1 -- ; no\n", " x"],
  ["select /* ; /* ; */ ; */ 1; x", "select /* ; /* ; */ ; */ 1", " x"],
  ["do $$ a; b $$; x", "do $$ a; b $$", " x"],
  ["do $tag$ a; $$ b $tag$; x", "do $tag$ a; $$ b $tag$", " x"],
  ["select a$1; x", "select a$1", " x"],
] as const)("%s ends where PostgreSQL ends it", ([text, statement, rest]) => {
  expect(firstStatement(text)).toEqual({ statement, rest });
});

test.for([
  "",
  "select 1",
  "select ';",
  "select $$ ;",
  "/* ; ",
  "-- ;",
  'select "a;',
])("%s is still to be ended", (text) => {
  expect(firstStatement(text)).toBeUndefined();
});

test("only the end is taken away", () => {
  expect(withoutEnd("select 1 ; -- done")).toBe("select 1 ");
  expect(withoutEnd("select 1; select 2")).toBe("select 1; select 2");
  expect(withoutEnd("select 1")).toBe("select 1");
});

test("comments and semicolons say nothing", () => {
  expect(isBlank(" ; /* a */ ;\n-- b")).toBe(true);
  expect(isBlank("/* a */ x")).toBe(false);
});

test.for([
  ["SELECT 1", "select"],
  ["/* a */ -- b\n ( (with x", "with"],
  ["'select'", ""],
  ["", ""],
])("%s begins with its verb", ([text = "", word]) => {
  expect(firstWord(text)).toBe(word);
});
