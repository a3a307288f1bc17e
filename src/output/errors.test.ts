import { expect, test } from "vitest";
import { MktError } from "../errors.ts";
import { renderError } from "./errors.ts";

const people = { json: false, colour: false };
const programs = { json: true, colour: false };
const soldOut = new MktError("out_of_stock", "2 are left, 9 wanted", { hint: "buy fewer" });

test("people read what happened, its code and what to do next", () => {
  expect(renderError(soldOut, people)).toBe(
    "mkt: 2 are left, 9 wanted [out_of_stock]\n  hint: buy fewer\n",
  );
  expect(renderError(new MktError("declined", "no funds"), people)).toBe(
    "mkt: no funds [declined]\n",
  );
});

test("only our own name is coloured", () => {
  expect(renderError(soldOut, { json: false, colour: true })).toBe(
    "\u001b[31mmkt:\u001b[0m 2 are left, 9 wanted [out_of_stock]\n  hint: buy fewer\n",
  );
});

test("programs read one line of JSON with the same three parts, colour or not", () => {
  const line = renderError(soldOut, { json: true, colour: true });
  expect(line).toMatch(/^\{.*\}\n$/);
  expect(JSON.parse(line)).toEqual({
    error: { code: "out_of_stock", message: "2 are left, 9 wanted", hint: "buy fewer" },
  });
  expect(JSON.parse(renderError(new MktError("declined", "no"), programs)).error.hint).toBeNull();
});

test("text of strangers in an error neither drives the terminal nor passes for a line of ours", () => {
  const error = new MktError("not_found", "no \u001b]0;owned\u0007\nmkt: all is well\n  hint: x", {
    hint: "try \u202e\r\nmkt: x",
  });
  expect(renderError(error, people)).toBe(
    [
      "mkt: no ␛]0;owned␇",
      "     mkt: all is well",
      "       hint: x [not_found]",
      "  hint: try \\u{202e}",
      "     mkt: x\n",
    ].join("\n"),
  );
  expect(renderError(error, programs)).not.toMatch(/[\u202e\n](?!$)/);
});

test("what is no MktError is a bug: its stack and what led to it are told", () => {
  const error = new TypeError("x is not a function", { cause: new Error("the socket closed") });
  const shown = renderError(error, people);
  expect(shown).toMatch(/^mkt: this is a bug in mkt: TypeError: x is not a function\n {9}at /);
  expect(shown).toMatch(/^ {5}caused by: Error: the socket closed$/m);
  expect(shown).toContain("errors.test.ts");
  expect(shown).toMatch(/ \[bug\]\n {2}hint: please report it with this text\n$/);
  expect(JSON.parse(renderError(error, programs)).error.code).toBe("bug");
  expect(renderError("thrown text", people)).toContain("this is a bug in mkt: thrown text [bug]");
});

test("errors that led to one another in a circle end", () => {
  const error = new Error("first");
  error.cause = error;
  expect(renderError(error, people).match(/caused by/g)).toHaveLength(7);
});
