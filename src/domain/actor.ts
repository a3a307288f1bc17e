import { MktError } from "../errors.ts";

export const STAFF_ROLES = ["operator", "support", "analyst"] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];

/** Who does something: a user, what staff roles they have, and which operator stands behind them. */
export interface Actor {
  userId: string;
  roles: readonly StaffRole[];
  /** The operator who acts for this user with `--as`; null when users act for themselves. */
  operatorId: string | null;
}

/** How histories name an actor: `user:ID`, `timer`, `provider:payments`. */
export function actorName(actor: Actor): string {
  return `user:${actor.userId}`;
}

export function isStaff(actor: Actor, ...roles: readonly StaffRole[]): boolean {
  return actor.roles.some((role) => roles.includes(role));
}

/** Refuses whoever has none of the roles. */
export function requireStaff(actor: Actor, ...roles: readonly StaffRole[]): void {
  if (isStaff(actor, ...roles)) return;
  throw new MktError("not_allowed", `this is for staff: ${roles.join(" or ")}`, {
    hint: "mkt whoami shows who you are; an operator can grant roles with `mkt user grant`",
  });
}

/** The role in which staff read the database: of several the one that may read the most. Refuses everybody else. */
export function readingRole(actor: Actor): StaffRole {
  requireStaff(actor, ...STAFF_ROLES);
  return STAFF_ROLES.find((role) => isStaff(actor, role)) ?? "analyst";
}

/** Refuses whoever is neither one of these users (null: nobody) nor has one of the roles. */
export function requireOneOf(
  actor: Actor,
  userIds: readonly (string | null)[],
  what: string,
  ...roles: readonly StaffRole[]
): void {
  if (userIds.includes(actor.userId) || isStaff(actor, ...roles)) return;
  throw new MktError("not_allowed", `${what} belongs to somebody else`, {
    hint: "log in as its owner, or as an operator use --as USER",
  });
}
