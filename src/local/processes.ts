import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Names a process for good: a number alone is given again, a number with its start time is not. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

const POLL_MS = 20;

/** The identity of a live process. Undefined when it is gone, or dead and only waits for its parent. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt;
}

/** Program and arguments of a process, joined by blanks; empty when it is gone. */
export function commandLine(pid: number): string {
  if (process.platform !== "linux") return ps(pid, "args=") ?? "";
  return readProcess(pid, "cmdline")?.replaceAll("\0", " ") ?? "";
}

/** Sends a signal, unless the process ended meanwhile. */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(target)) return;
  try {
    process.kill(target.pid, name);
  } catch (error) {
    if (isRunning(target)) throw error;
  }
}

/** True once the process has ended, false when it still runs after `timeoutMs`. */
export async function ended(target: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isRunning(target)) {
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Asks with each signal in turn, waiting `timeoutMs` after each; the last should be SIGKILL. */
export async function end(
  target: ProcessIdentity,
  signals: readonly NodeJS.Signals[],
  timeoutMs: number,
): Promise<boolean> {
  for (const name of signals) {
    signal(target, name);
    if (await ended(target, timeoutMs)) return true;
  }
  return false;
}

// Field 22 counts from the machine's start, so the boot's own id belongs to it.
let boot: string | undefined;

function startOnLinux(pid: number): string | undefined {
  const stat = readProcess(pid, "stat");
  // The second field, the program's name in parentheses, may itself hold blanks and parentheses.
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  if (state === undefined || state === "Z" || state === "X") return undefined;
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot}:${fields[18]}`;
}

function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): string | undefined {
  const [state, ...start] = ps(pid, "state=,lstart=")?.trim().split(/\s+/) ?? [];
  return state === undefined || state.startsWith("Z") ? undefined : start.join(" ");
}

function ps(pid: number, format: string): string | undefined {
  const { status, stdout } = spawnSync("ps", ["-o", format, "-p", String(pid)], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", TZ: "UTC" },
    timeout: 5_000,
  });
  return status === 0 && stdout.trim() ? stdout : undefined;
}
