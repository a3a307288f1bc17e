import { createInterface } from "node:readline";
import type { Context } from "../context.ts";
import { firstStatement, isBlank } from "../domain/sql-statement.ts";
import { MktError } from "../errors.ts";
import { renderError } from "../output/errors.ts";

const HELP =
  "statements end with ;   \\d tables   \\d TABLE columns   \\timing   \\q or Ctrl-D leaves   Ctrl-C stops a statement";

/** Under the profile's name, reads statements and runs them until \q or Ctrl-D; what is wrong with one is told, and the next may come. */
export async function sqlPrompt(
  run: (statement: string, signal: AbortSignal) => Promise<void>,
  name: string,
  mkt: Pick<Context, "streams" | "messages" | "notice">,
): Promise<void> {
  const { stdin, stderr } = mkt.streams;
  const lines = createInterface({ input: stdin, output: stderr, terminal: true, historySize: 500 });
  let typed = "";
  let isTimed = false;
  let running: AbortController | undefined;
  const prompt = () => {
    lines.setPrompt(isBlank(typed) ? `${name}=> ` : `${name}-> `);
    lines.prompt();
  };
  lines.on("SIGINT", () => {
    if (running) return running.abort();
    typed = "";
    // Clears what stands on the line; what was typed before goes too.
    lines.write(null, { ctrl: true, name: "e" });
    lines.write(null, { ctrl: true, name: "u" });
    stderr.write("\n");
    prompt();
  });

  const execute = async (statement: string) => {
    running = new AbortController();
    const startedAt = performance.now();
    try {
      await run(statement, running.signal);
    } catch (error) {
      if (!(error instanceof MktError)) throw error;
      stderr.write(renderError(error, { json: false, colour: mkt.messages.colour }));
    } finally {
      running = undefined;
    }
    if (isTimed) mkt.notice(`${Math.round(performance.now() - startedAt)} ms`);
  };

  mkt.notice(HELP);
  prompt();
  for await (const line of lines) {
    const word = line.trim();
    if (isBlank(typed) && word.startsWith("\\")) {
      if (word === "\\q") break;
      if (word === "\\timing") {
        isTimed = !isTimed;
        mkt.notice(`timing is ${isTimed ? "on" : "off"}`);
      } else if (word === "\\?") mkt.notice(HELP);
      else await execute(word);
      prompt();
      continue;
    }
    typed += `${line}\n`;
    for (let next = firstStatement(typed); next; next = firstStatement(typed)) {
      typed = next.rest;
      if (!isBlank(next.statement)) await execute(next.statement);
    }
    prompt();
  }
  lines.close();
  stderr.write("\n");
}
