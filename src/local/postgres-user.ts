import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { MktError } from "../errors.ts";
import type { Account } from "./directories.ts";

const USER = "postgres";

/**
 * Who runs PostgreSQL: undefined means we ourselves. PostgreSQL refuses to run as root, so root
 * hands it to the user `postgres`, which is made when there is none.
 */
export function postgresAccount(progress: (text: string) => void): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = lookUp();
  if (found) return found;
  progress(`making the system user ${USER}, since PostgreSQL refuses to run as root`);
  const options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  const made = spawnSync("useradd", [...options, USER], { encoding: "utf8", timeout: 30_000 });
  const account = lookUp();
  if (account) return account;
  const why = made.error?.message ?? made.stderr.trim();
  throw new MktError("unavailable", `the system user ${USER} could not be made: ${why}`, {
    hint: `PostgreSQL refuses to run as root: run mkt as another user, or make the user ${USER}`,
  });
}

function lookUp(): Account | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const { status, stdout } = spawnSync("id", [flag, USER], { encoding: "utf8", timeout: 5_000 });
    return status === 0 ? Number(stdout) : undefined;
  });
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** The nearest directory on the way to `path` that the account may not pass; undefined: none. */
export function closedTo(account: Account, path: string): string | undefined {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(at) && !mayPass(account, at)) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** Lets the account pass the directories on the way to `path`: those at or under `home`, which are ours. */
export function openTheWay(account: Account, path: string, home: string): void {
  for (
    let at = closedTo(account, path);
    at !== undefined && (at === home || at.startsWith(home + sep));
    at = closedTo(account, path)
  ) {
    chmodSync(at, (statSync(at).mode & 0o7777) | 0o011);
    if (!mayPass(account, at)) break;
  }
  const closed = closedTo(account, path);
  if (closed === undefined) return;
  throw new MktError("invalid", `PostgreSQL's user ${USER} may not pass ${closed}`, {
    hint: "choose a MKT_HOME elsewhere, such as /var/lib/mkt: PostgreSQL refuses to run as root",
  });
}

/** Gives one file or directory to the account. */
export function give(account: Account | undefined, path: string): void {
  if (account) chownSync(path, account.uid, account.gid);
}

function mayPass({ uid, gid }: Account, directory: string): boolean {
  const found = statSync(directory);
  if (found.uid === uid) return (found.mode & 0o100) !== 0;
  if (found.gid === gid) return (found.mode & 0o010) !== 0;
  return (found.mode & 0o001) !== 0;
}
