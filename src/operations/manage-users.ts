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

/** A user before something and after it. */
interface UserChange {
  before: User;
  after: User;
}

interface RoleRequest {
  actor: Actor;
  user: string;
  role: StaffRole;
}

interface BanRequest {
  actor: Actor;
  user: string;
  reason: string;
}

/** What can be done to a user, once it is known that it may be. */
type Deed = (users: Pick<Deps["users"], "grant" | "revoke" | "ban" | "unban">) => Promise<void>;

interface Checked {
  before: User;
  deed: Deed;
}

type Check<Request> = (request: Request, deps: UserDeps) => Promise<Checked>;

/** An operation on a user, and what it would come to: one rule for both. */
function onUser<Request>(check: Check<Request>) {
  return {
    apply: async (request: Request, deps: UserDeps): Promise<UserChange> => {
      const { before, deed } = await check(request, deps);
      await deed(deps.users);
      return { before, after: await resolveUser(before.id, deps) };
    },
    plan: async (
      request: Request,
      deps: UserDeps & Pick<Deps, "rehearse">,
    ): Promise<UserChange> => {
      const { before, deed } = await check(request, deps);
      const after = await deps.rehearse(async ({ users }) => {
        await deed(users);
        return (await users.find({ id: before.id })) ?? before;
      });
      return { before, after };
    },
  };
}

/** Gives a role; whoever has it keeps it. */
export const { apply: grantRole, plan: planGrant } = onUser<RoleRequest>(
  async ({ actor, user, role }, deps) => {
    requireStaff(actor, "operator");
    const before = await resolveUser(user, deps);
    return { before, deed: (users) => users.grant(before.id, role, actor.userId, deps.now()) };
  },
);

/** Takes a role back. Throws `conflict` for who does not have it, unless it was begun before and cut off. */
export const { apply: revokeRole, plan: planRevoke } = onUser<RoleRequest & { again?: boolean }>(
  async ({ actor, user, role, again = false }, deps) => {
    requireStaff(actor, "operator");
    const before = await resolveUser(user, deps);
    const has = before.roles.includes(role);
    if (!has && !again) throw new MktError("conflict", `${before.email} is not ${role}`);
    const revoke: Deed = (users) => users.revoke(before.id, role, actor.userId, deps.now());
    return { before, deed: has ? revoke : async () => undefined };
  },
);

/** Bans a user: their sessions end and their publications close. */
export const { apply: banUser, plan: planBan } = onUser<BanRequest>(
  async ({ actor, user, reason }, deps) => {
    requireStaff(actor, "operator");
    const before = await resolveUser(user, deps);
    if (before.id === actor.userId) throw new MktError("conflict", "nobody bans themselves");
    const why = checkText("reason", reason, 500);
    const by = { id: actor.userId, name: actorName(actor) };
    return { before, deed: (users) => users.ban(before.id, by, why, deps.now()) };
  },
);

/** Lifts a ban. Publications that it closed stay closed. */
export const { apply: unbanUser, plan: planUnban } = onUser<BanRequest>(
  async ({ actor, user, reason }, deps) => {
    requireStaff(actor, "operator");
    const before = await resolveUser(user, deps);
    const why = checkText("reason", reason, 500);
    const by = { id: actor.userId, name: actorName(actor) };
    return { before, deed: (users) => users.unban(before.id, by, why, deps.now()) };
  },
);

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
