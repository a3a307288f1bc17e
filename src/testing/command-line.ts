import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Environment } from "../config.ts";
import { main } from "../main.ts";
import type { Outcome } from "./local-stack.ts";

/** Runs one command line in this process, in an environment of nothing but this. */
export async function commandLine(argv: readonly string[], env: Environment): Promise<Outcome> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const shown = Promise.all([text(out), text(err)]);
  const streams = { stdin: Readable.from([""]), stdout: out, stderr: err, env };
  const exitCode = await main(argv, streams);
  out.end();
  err.end();
  const [stdout, stderr] = await shown;
  return { exitCode, stdout, stderr };
}
