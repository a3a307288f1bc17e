import { createHash } from "node:crypto";
import type { Deps } from "../deps.ts";
import type { Actor } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import { actFor } from "./act-for.ts";

export interface Credentials {
  /** The session's token; null without a login. */
  token: string | null;
  /** `--as USER`: the user to act for, by e-mail or id. */
  as: string | undefined;
  reason: string | undefined;
  /** What is going to be done, for the audit log. */
  action: string;
}

/** Only this is kept of a token, so that the table of sessions opens none. */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Says who acts, or refuses. Acting for somebody else is for operators and always leaves an audit row. */
export async function authenticate(
  { token, as, reason, action }: Credentials,
  deps: Pick<Deps, "sessions" | "users" | "lookup" | "now" | "realNow" | "profile">,
): Promise<Actor> {
  const actor = token ? await deps.sessions.findActor(hashToken(token), deps.realNow()) : undefined;
  if (!actor) {
    const why = token ? "the session is over" : "nobody is logged in";
    throw new MktError("not_logged_in", why, { hint: "mkt login EMAIL" });
  }
  return as === undefined ? actor : actFor(actor, { user: as, reason, action }, deps);
}
