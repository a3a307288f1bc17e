import { PassThrough } from "node:stream";
import { expect, type TestContext, test } from "vitest";
import { MktError } from "../errors.ts";
import { sqlPrompt } from "./sql-prompt.ts";

/** A prompt that somebody types at; what it runs is told, and stays under way while `blocked`. */
function setup(t: TestContext) {
  const stdin = new PassThrough();
  const stderr = new PassThrough({ encoding: "utf8" });
  let shown = "";
  stderr.on("data", (text: string) => {
    shown += text;
  });
  const asked: string[] = [];
  let blocked = false;
  const run = (statement: string, signal: AbortSignal) => {
    asked.push(statement.trim());
    if (statement.includes("wrong")) throw new MktError("invalid", "no such column");
    if (!blocked) return Promise.resolve();
    return new Promise<void>((_, reject) => {
      signal.addEventListener("abort", () => reject(new MktError("interrupted", "stopped")));
    });
  };
  const streams = { stdin, stdout: new PassThrough(), stderr, env: {} };
  const messages = { isTerminal: true, columns: 80, colour: false, links: false };
  const notice = (text: string) => void stderr.write(`${text}\n`);
  const ended = sqlPrompt(async (...wish) => run(...wish), "local", { streams, messages, notice });
  t.onTestFinished(() => void stdin.destroy());
  return {
    asked,
    ended,
    shown: () => shown,
    type: (text: string) => void stdin.write(text),
    block: () => {
      blocked = true;
    },
  };
}

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";

test("statements end with ; over lines, and \\d and its like stand alone", async (t) => {
  const { asked, ended, type, shown } = setup(t);
  type("select 1\n  where ';' = ';';select 2;\n\\d user\nselect 3");
  type("\n;\n\\q\n");
  await ended;
  expect(asked).toEqual(["select 1\n  where ';' = ';'", "select 2", "\\d user", "select 3"]);
  expect(shown()).toContain("local=> ");
  expect(shown()).toContain("local-> ");
});

test("an error is told and the next statement runs; \\timing tells how long", async (t) => {
  const { asked, ended, type, shown } = setup(t);
  type("wrong;\n\\timing\nselect 1;\n");
  await expect.poll(shown).toMatch(/\d ms/);
  type(CTRL_D);
  await ended;
  expect(asked).toEqual(["wrong", "select 1"]);
  expect(shown()).toContain("mkt: no such column [invalid]");
});

test("Ctrl-C stops the statement that runs, else forgets what was typed; the prompt stays", async (t) => {
  const { asked, ended, type, shown, block } = setup(t);
  type("select fir");
  type(CTRL_C);
  type("select 2;\n");
  await expect.poll(() => asked).toEqual(["select 2"]);
  block();
  type("select 3;\n");
  await expect.poll(() => asked.length).toBe(2);
  type(CTRL_C);
  await expect.poll(shown).toContain("stopped [interrupted]");
  type("\\q\n");
  await ended;
});
