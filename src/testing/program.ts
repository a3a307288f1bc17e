import { type ChildProcess, fork, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "vitest";
import { stringify } from "yaml";
import { packageDirectory } from "../config.ts";
import type { Actor } from "../domain/actor.ts";
import { openSession } from "../operations/login.ts";
import { sessionFile } from "../stores/session/file.ts";
import type { Outcome } from "./local-stack.ts";
import type { Marketplace } from "./marketplace.ts";

/** The built program as processes of their own, on a test's marketplace, with its operator logged in. */
export interface Program {
  /** Starts one command and leaves it running. */
  start(argv: readonly string[]): { child: ChildProcess; outcome: Promise<Outcome> };
  run(argv: readonly string[]): Promise<Outcome>;
  /** A process that runs one command after the other, so that starting Node decides no race. */
  racer(): { run(argv: readonly string[]): Promise<Outcome> };
}

export async function programOn(
  t: TestContext,
  { config, deps }: Marketplace,
  operator: Actor,
): Promise<Program> {
  const main = join(packageDirectory(), "dist", "main.js");
  if (!existsSync(main)) throw new Error("npm run build first");
  const { home, profile } = config;
  const { name, ...settings } = profile;
  await writeFile(join(home, "config.yaml"), stringify({ profiles: { [name]: settings } }));
  const session = sessionFile(join(home, `session.${name}.json`), profile);
  const user = { id: operator.userId, email: "operator@example.com" };
  await openSession(user, { ...deps, sessionFile: session });
  const env = { ...process.env, MKT_HOME: home, MKT_PROFILE: name };
  const whole = (argv: readonly string[]) => [...argv, "--json", "--reason", "a test"];

  const start: Program["start"] = (argv) => {
    const bin = join(packageDirectory(), "bin", "mkt.js");
    const child = spawn(process.execPath, [bin, ...whole(argv)], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1));
    });
    const outcome = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
      ([stdout, stderr, exitCode]) => ({ exitCode, stdout, stderr }),
    );
    return { child, outcome };
  };

  return {
    start,
    run: (argv) => start(argv).outcome,
    racer: () => {
      let failed = (_: Error) => {};
      const child = fork(join(import.meta.dirname, "racer.js"), [main], { env });
      child.once("exit", () => failed(new Error("the racer ended")));
      t.onTestFinished(async () => {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.disconnect();
        await ended;
      });
      return {
        run: (argv) =>
          new Promise((resolve, reject) => {
            failed = reject;
            child.once("message", (message) => resolve(message as Outcome));
            child.send(whole(argv));
          }),
      };
    },
  };
}
