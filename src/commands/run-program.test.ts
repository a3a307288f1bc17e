import { once } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "vitest";
import type { Streams } from "../context.ts";
import { programRunner } from "./run-program.ts";

function setup({ onTestFinished }: TestContext, program: string, file = process.execPath) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const streams: Streams = { stdin: process.stdin, stdout, stderr, env: { GREETING: "hello" } };
  const runner = programRunner([file, "-e", program, "fixed; echo $HOME"], { streams });
  onTestFinished(() => runner.close());
  const printed = async () => {
    stdout.end();
    stderr.end();
    return { stdout: await text(stdout), stderr: await text(stderr) };
  };
  return { runner, printed, begun: () => once(stdout, "readable") };
}

test("runs a program without a shell: arguments and variables arrive as they are", async (t) => {
  const { runner, printed } = setup(
    t,
    "console.log(process.argv.slice(1).join('|'), process.env.GREETING, process.env.MKT_ORDER_ID); console.error('done')",
  );
  t.expect(await runner.run("$(id) `id` 'x'", { MKT_ORDER_ID: "o1" })).toBeUndefined();
  t.expect(await printed()).toEqual({
    stdout: "fixed; echo $HOME|$(id) `id` 'x' hello o1\n",
    stderr: "done\n",
  });
});

test("says how a program failed", async (t) => {
  const { runner } = setup(t, "process.exit(3)");
  t.expect(await runner.run("x", {})).toBe("ended with 3");
  const killed = setup(t, "process.kill(process.pid, 'SIGKILL')");
  t.expect(await killed.runner.run("x", {})).toBe("was ended by SIGKILL");
  const none = setup(t, "", "/no/such/program").runner;
  await t.expect(none.run("x", {})).rejects.toMatchObject({ code: "not_found" });
});

test("what it started ends with it, and what that started", async (t) => {
  const { runner, printed, begun } = setup(
    t,
    "const { spawn } = require('node:child_process'); const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); console.log(child.pid); setInterval(() => {}, 1000)",
  );
  const ended = runner.run("x", {});
  await begun();
  runner.close();
  t.expect(await ended).toBe("was ended by SIGTERM");
  // Its output is closed, so nobody holds it any more: not what it started either.
  t.expect((await printed()).stdout).toMatch(/^\d+\n$/);
});

test("many at once print nothing of their own", async (t) => {
  const warnings: string[] = [];
  const warn = ({ message }: Error) => void warnings.push(message);
  process.on("warning", warn);
  t.onTestFinished(() => void process.off("warning", warn));
  const { runner } = setup(t, "", "/bin/true");
  await Promise.all(Array.from({ length: 12 }, (_, index) => runner.run(String(index), {})));
  // Node tells of a warning a moment later.
  await new Promise((resolve) => setImmediate(resolve));
  t.expect(warnings).toEqual([]);
});
