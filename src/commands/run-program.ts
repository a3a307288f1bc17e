import { type ChildProcess, spawn } from "node:child_process";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";

/** Runs one program again and again, each time with one more argument and other variables. */
export interface ProgramRunner {
  /** What went wrong, in words; undefined when it went well. Throws `not_found` for what is no program. */
  run(argument: string, variables: Readonly<Record<string, string>>): Promise<string | undefined>;
  close(): void;
}

const ENDING = ["SIGTERM", "SIGHUP"] as const;

/**
 * Starts programs without a shell. Each has a process group of its own, so that Ctrl-C reaches mkt alone and lets it
 * end; whatever ends mkt otherwise ends it and what it started. What it prints is printed as it is.
 */
export function programRunner(
  [file = "", ...fixed]: readonly string[],
  { streams }: Pick<Context, "streams">,
): ProgramRunner {
  const running = new Set<ChildProcess>();
  // Every running program listens to them: however many that are, nothing leaks.
  for (const stream of [streams.stdout, streams.stderr]) stream.setMaxListeners(0);
  const endAll = () => {
    for (const child of running) killGroup(child);
  };
  const endWith = (signal: NodeJS.Signals) => {
    endAll();
    for (const other of ENDING) process.off(other, endWith);
    process.kill(process.pid, signal);
  };
  process.on("exit", endAll);
  for (const signal of ENDING) process.on(signal, endWith);

  return {
    run: (argument, variables) =>
      new Promise((resolve, reject) => {
        const child = spawn(file, [...fixed, argument], {
          detached: true,
          env: { ...streams.env, ...variables },
          stdio: ["ignore", "pipe", "pipe"],
        });
        running.add(child);
        child.stdout.pipe(streams.stdout, { end: false });
        child.stderr.pipe(streams.stderr, { end: false });
        child.once("error", (cause) => {
          running.delete(child);
          const isThere = (cause as NodeJS.ErrnoException).code !== "ENOENT";
          const message = isThere
            ? `${JSON.stringify(file)} cannot be run: ${cause.message}`
            : `there is no program ${JSON.stringify(file)}`;
          reject(new MktError("not_found", message, { cause }));
        });
        child.once("close", (code, signal) => {
          running.delete(child);
          if (code === 0) resolve(undefined);
          else resolve(signal ? `was ended by ${signal}` : `ended with ${code}`);
        });
      }),
    close: () => {
      endAll();
      process.off("exit", endAll);
      for (const signal of ENDING) process.off(signal, endWith);
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}
