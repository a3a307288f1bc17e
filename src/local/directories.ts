import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
} from "node:fs";
import { MktError } from "../errors.ts";

const LOG_LIMIT_BYTES = 8 * 1024 * 1024;

/** The account that owns a file or runs a process. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * Makes a directory that only its owner may enter, or takes over one that is that already. The owner
 * is us, unless another account is given.
 */
export function privateDirectory(path: string, owner?: Account): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = assertPrivate(path, owner);
  if (found.mode & 0o077) chmodSync(path, 0o700);
  if (owner && found.uid !== owner.uid) chownSync(path, owner.uid, owner.gid);
}

/**
 * Refuses a directory that is not ours or not a directory: in a shared place such as /tmp anybody
 * could have made it before us, or put a link in its stead, and would then answer our commands.
 */
export function assertPrivate(path: string, owner?: Account): Stats {
  const found = lstatSync(path);
  const us = process.getuid?.();
  if (!found.isDirectory() || (us !== undefined && found.uid !== us && found.uid !== owner?.uid)) {
    throw new MktError("not_allowed", `${path} belongs to somebody else or is not a directory`, {
      hint: "remove it, or choose another MKT_HOME",
    });
  }
  return found;
}

/** Opens a log to append to, and sets the one before aside when it has grown long. */
export function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

/** Runs `use` with the log open; the processes that it starts keep the log open for themselves. */
export function withLog<T>(path: string, use: (log: number) => T): T {
  const log = openLog(path);
  try {
    return use(log);
  } finally {
    closeSync(log);
  }
}
