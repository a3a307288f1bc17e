import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Config, loadConfig, packageDirectory } from "../config.ts";
import { main } from "../main.ts";

/** How a command line ended. */
export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A local stack of a test's own, with nothing in it but its operator, who is logged in. */
export interface LocalStack {
  home: string;
  config: Config;
  /** Runs a command line in this process, through the same `main` as the program. */
  mkt(argv: readonly string[], stdin?: string): Promise<Outcome>;
  /** Runs one that must succeed, with --json, and gives what it printed. */
  json<T>(argv: readonly string[], stdin?: string): Promise<T>;
  /** Signs a user up; gives the e-mail, for --as. */
  register(name: string): Promise<string>;
  /** Stops and deletes it; fails when a process is left. */
  remove(): Promise<void>;
}

/** Starts the built program's stack in a new `MKT_HOME`; resolves when every store is healthy. */
export async function startLocalStack(): Promise<LocalStack> {
  if (!existsSync(join(packageDirectory(), "dist", "main.js")))
    throw new Error("npm run build first");
  const home = await mkdtemp(join(tmpdir(), "mkt-home-"));
  const env = { MKT_HOME: home };

  const mkt = async (argv: readonly string[], stdin = ""): Promise<Outcome> => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const [stdout, stderr] = [text(out), text(err)];
    const exitCode = await main(argv, {
      stdin: Readable.from([stdin]),
      stdout: out,
      stderr: err,
      env,
    });
    out.end();
    err.end();
    return { exitCode, stdout: await stdout, stderr: await stderr };
  };
  const json = async <T>(argv: readonly string[], stdin = ""): Promise<T> => {
    const { exitCode, stdout, stderr } = await mkt([...argv, "--json"], stdin);
    if (exitCode !== 0) throw new Error(`mkt ${argv.join(" ")} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const remove = async () => {
    const { exitCode, stderr } = await mkt(["down"]);
    if (exitCode !== 0) throw new Error(`mkt down ended with ${exitCode}: ${stderr}`);
    await rm(home, { recursive: true });
    const running = execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" });
    const left = running.split("\n").filter((line) => line.includes(home));
    if (left.length > 0) throw new Error(`processes are left: ${left.join("; ")}`);
  };
  const register = async (name: string) => {
    const email = `${name}@example.com`;
    const address = `${name}'s street 1`;
    await json(
      ["register", email, "--name", name, "--address", address, "--password-stdin"],
      PASSWORD,
    );
    return email;
  };
  await json(["up"]);
  return { home, config: loadConfig(env), mkt, json, register, remove };
}

const PASSWORD = "lamps and chairs";
