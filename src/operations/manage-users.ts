import type { Deps } from "../deps.ts";
import { type Actor, actorName, requireStaff, type StaffRole } from "../domain/actor.ts";
import { isId } from "../domain/ids.ts";
import { checkText, type User } from "../domain/user.ts";
import { MktError } from "../errors.ts";
import { resolveUser } from "./resolve-user.ts";

type UserDeps = Pick<Deps, "users" | "lookup" | "now">;

export interface Listing<T> {
  items: T[];
  nextPageToken: string | null;
}

/** One page of users, in the order they signed up; for staff. The page token is the last id. */
export async function listUsers(
  want: {
    actor: Actor;
    limit: number;
    pageToken?: string | undefined;
    role?: StaffRole | undefined;
  },
  { users }: Pick<Deps, "users">,
): Promise<Listing<User>> {
  requireStaff(want.actor, "operator", "support");
  const after = afterId(want.pageToken);
  const items = await users.list({ limit: want.limit + 1, after, role: want.role });
  return pageOf(items, want.limit);
}

/** One user: oneself, or anybody for staff. */
export async function showUser(
  { actor, user: text }: { actor: Actor; user: string },
  deps: UserDeps,
): Promise<User> {
  const user = await resolveUser(text, deps);
  if (user.id !== actor.userId) requireStaff(actor, "operator", "support");
  return user;
}

export async function grantRole(
  { actor, user: text, role }: { actor: Actor; user: string; role: StaffRole },
  deps: UserDeps,
): Promise<User> {
  requireStaff(actor, "operator");
  const user = await resolveUser(text, deps);
  await deps.users.grant(user.id, role, actor.userId, deps.now());
  return resolveUser(user.id, deps);
}

export async function revokeRole(
  { actor, user: text, role }: { actor: Actor; user: string; role: StaffRole },
  deps: UserDeps,
): Promise<User> {
  requireStaff(actor, "operator");
  const user = await resolveUser(text, deps);
  if (!user.roles.includes(role)) throw new MktError("conflict", `${user.email} is not ${role}`);
  await deps.users.revoke(user.id, role, actor.userId, deps.now());
  return resolveUser(user.id, deps);
}

/** Bans a user: their sessions end and their publications close. */
export async function banUser(
  { actor, user: text, reason }: { actor: Actor; user: string; reason: string },
  deps: UserDeps,
): Promise<User> {
  requireStaff(actor, "operator");
  const user = await resolveUser(text, deps);
  if (user.id === actor.userId) throw new MktError("conflict", "nobody bans themselves");
  const why = checkText("reason", reason, 500);
  await deps.users.ban(user.id, { id: actor.userId, name: actorName(actor) }, why, deps.now());
  return resolveUser(user.id, deps);
}

/** Lifts a ban. Publications that it closed stay closed. */
export async function unbanUser(
  { actor, user: text, reason }: { actor: Actor; user: string; reason: string },
  deps: UserDeps,
): Promise<User> {
  requireStaff(actor, "operator");
  const user = await resolveUser(text, deps);
  const why = checkText("reason", reason, 500);
  await deps.users.unban(user.id, { id: actor.userId, name: actorName(actor) }, why, deps.now());
  return resolveUser(user.id, deps);
}

/** The id that a page token is. Throws `invalid` for anything else. */
export function afterId(pageToken: string | undefined): string | undefined {
  if (pageToken === undefined || isId(pageToken)) return pageToken;
  throw new MktError("invalid", "the page token does not belong to this list", {
    hint: "use the nextPageToken of the same list, unchanged",
  });
}

/** The first `limit` of one row more than that; the token is the id of the last one shown. */
export function pageOf<T extends { id: string }>(rows: readonly T[], limit: number): Listing<T> {
  const items = rows.slice(0, limit);
  return { items, nextPageToken: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
