import { randomBytes } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { MktError } from "../errors.ts";
import { identify, isRunning, type ProcessIdentity } from "./processes.ts";

export interface Lock {
  /** False once its directory was deleted, even if another process has made it anew. */
  isHeld(): boolean;
  release(): void;
}

const ATTEMPTS = 20;
const NOBODY: ProcessIdentity = { pid: 0, startedAt: "" };
const identitySchema = z.object({ pid: z.number(), startedAt: z.string() });

/**
 * Takes a lock that ends with its process, however that ends. Undefined when a live process has it.
 *
 * Each holder makes the next number's file, complete and at once (a link), so of two that find a
 * dead holder only one succeeds, and nobody ever removes a file that could be a live holder's: the
 * highest number is the lock and stays; only lower ones are cleared away.
 */
export function takeLock(directory: string): Lock | undefined {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const us = identify(process.pid);
  if (!us) throw new Error("this process cannot find itself");
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const seen = inspect(directory);
    if (seen.holder) return undefined;
    // The number after the one that was found dead: the highest by now may be a live holder's.
    const number = seen.number + 1;
    const path = join(directory, String(number));
    if (!publish(directory, us, (draft) => linkSync(draft, path))) continue;
    if (highest(directory) !== number) {
      // We looked at a state long gone: a later holder cleared the number that we then made.
      rmSync(path, { force: true });
      continue;
    }
    for (const lower of numbers(directory)) {
      if (lower < number) rmSync(join(directory, String(lower)), { force: true });
    }
    const isHeld = () => {
      const holder = read(path);
      return holder?.pid === us.pid && holder.startedAt === us.startedAt;
    };
    return {
      isHeld,
      release: () => {
        if (isHeld()) publish(directory, NOBODY, (draft) => renameSync(draft, path));
      },
    };
  }
  throw new MktError("unavailable", `too many processes want the lock ${directory} at once`);
}

/** The live process that has the lock. */
export function lockHolder(directory: string): ProcessIdentity | undefined {
  return inspect(directory).holder;
}

/** The highest number, and its holder if that process lives. */
function inspect(directory: string): { number: number; holder: ProcessIdentity | undefined } {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const number = highest(directory);
    if (number === 0) return { number, holder: undefined };
    const holder = read(join(directory, String(number)));
    if (holder) return { number, holder: isRunning(holder) ? holder : undefined };
    // Cleared away by the next holder since we looked: look again.
  }
  throw new MktError("unavailable", `too many processes want the lock ${directory} at once`);
}

function read(path: string): ProcessIdentity | undefined {
  try {
    return identitySchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (existsSync(path)) throw error;
    return undefined;
  }
}

function highest(directory: string): number {
  return Math.max(0, ...numbers(directory));
}

function numbers(directory: string): number[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Writes a draft and lets `place` give it its name. False when the name is taken. */
function publish(
  directory: string,
  content: ProcessIdentity,
  place: (draft: string) => void,
): boolean {
  const draft = join(directory, `draft-${randomBytes(6).toString("hex")}`);
  writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
  try {
    place(draft);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
