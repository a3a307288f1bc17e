import type { Deps } from "../deps.ts";
import { type Actor, requireStaff } from "../domain/actor.ts";
import { MktError } from "../errors.ts";
import { resolveUser } from "./resolve-user.ts";

export interface ActingFor {
  /** By e-mail or id. */
  user: string;
  reason: string | undefined;
  /** What is going to be done, for the audit log. */
  action: string;
}

/** Refuses whoever may not act for others, and who does not say why where it matters. */
export function requireActingFor(
  actor: Actor,
  reason: string | undefined,
  { profile }: Pick<Deps, "profile">,
): void {
  requireStaff(actor, "operator");
  if (profile.name !== "local" && !reason) {
    throw new MktError("usage", "--as needs a --reason outside the local profile");
  }
}

/** The actor that an operator is when acting for somebody else; always leaves an audit row. */
export async function actFor(
  actor: Actor,
  { user: text, reason, action }: ActingFor,
  deps: Pick<Deps, "sessions" | "users" | "lookup" | "now" | "profile">,
): Promise<Actor> {
  requireActingFor(actor, reason, deps);
  const user = await resolveUser(text, deps);
  if (user.bannedAt) throw new MktError("not_allowed", `${user.email} is banned`);
  await deps.sessions.recordActingFor(actor.userId, user.id, action, reason ?? null, deps.now());
  return { userId: user.id, roles: user.roles, operatorId: actor.userId };
}
