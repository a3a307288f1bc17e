import { randomBytes } from "node:crypto";
import type { Deps, StoreName } from "../deps.ts";
import { newId } from "../domain/ids.ts";
import { hasCode } from "../errors.ts";
import { openSession, type Session } from "./login.ts";
import { migrate } from "./migrate.ts";
import { hashPassword } from "./register.ts";

/** Counted up with every change to what a stack needs before its first use. */
const STACK_VERSION = "5";
const OPERATOR = "operator@mkt.local";

/**
 * Starts the local stack where it is not running, and makes a new one ready: schema, table, bucket, an
 * operator who is logged in. Elsewhere it does nothing. `store` is the one that is needed now; null: all.
 */
export async function prepareStack(
  store: StoreName | null,
  deps: Pick<
    Deps,
    "stack" | "schema" | "users" | "sessions" | "sessionFile" | "notice" | "now" | "realNow"
  >,
): Promise<void> {
  const { stack } = deps;
  if (!stack.isHere) return;
  if (store) await stack.ensure(store);
  if (await stack.isMigrated(STACK_VERSION)) return;
  deps.notice("preparing the stores…");
  await migrate(deps);
  await ensureOperator(deps);
  await stack.markMigrated(STACK_VERSION);
}

/** An operator for the local marketplace, logged in here if nobody is. */
export async function ensureOperator(
  deps: Pick<Deps, "users" | "sessions" | "sessionFile" | "now" | "realNow">,
): Promise<Session | undefined> {
  const operator = await findOrMakeOperator(deps);
  if (await deps.sessionFile.read()) return undefined;
  return openSession(operator, deps);
}

/** Nobody knows the operator's password: whoever can start the stack is let in by its files. */
async function findOrMakeOperator({
  users,
  now,
}: Pick<Deps, "users" | "now">): Promise<{ id: string; email: string }> {
  const found = await users.find({ emailFolded: OPERATOR });
  if (found) return found;
  const id = newId();
  const passwordHash = await hashPassword(randomBytes(32).toString("hex"));
  const user = {
    id,
    email: OPERATOR,
    emailFolded: OPERATOR,
    name: "Operator",
    address: "-",
    passwordHash,
    createdAt: now(),
  };
  try {
    await users.register(user, `user:${id}`, ["operator"]);
    return user;
  } catch (error) {
    // Another shell made it at this moment.
    const other = hasCode(error, "conflict")
      ? await users.find({ emailFolded: OPERATOR })
      : undefined;
    if (!other) throw error;
    return other;
  }
}
