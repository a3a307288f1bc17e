import { Argument, type Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { STAFF_ROLES, type StaffRole } from "../../domain/actor.ts";
import type { User } from "../../domain/user.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { ifRight } from "../../operations/bulk/if-right.ts";
import { grantRole, planGrant, planRevoke, revokeRole } from "../../operations/manage-users.ts";
import { resolveUser } from "../../operations/resolve-user.ts";
import { examples } from "../parse.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  user: string;
  role: StaffRole;
}

const rolesOf = ({ roles }: User) => roles.join(", ") || "no staff";
/** What `apply` left. */
const leftOf = ({ user, role }: Readonly<Record<string, unknown>>) => {
  return { user: String(user), role: role as StaffRole };
};

const granting: BulkCommand<Row, User> = {
  name: "user grant",
  plan: async (row, { actor }, deps) => {
    const { before, after } = await planGrant({ actor, ...row }, deps);
    const [from, to] = [rolesOf(before), rolesOf(after)];
    const summary = from === to ? "nothing: it has the role" : `gives the role ${row.role}`;
    return { subjectKind: "user", subjectId: before.id, from, to, summary };
  },
  before: (row, _, deps) =>
    ifRight(async () => ({ had: (await resolveUser(row.user, deps)).roles.includes(row.role) })),
  apply: async (row, { actor, again, before: known }, deps) => {
    const { before, after } = await grantRole({ actor, ...row }, deps);
    // Of a row that was begun before only the journal knows who had the role then.
    const had = again ? known?.had === true : before.roles.includes(row.role);
    return {
      subjectKind: "user",
      subjectId: after.id,
      state: rolesOf(after),
      value: after,
      already: had,
      undo: had ? null : { user: after.id, role: row.role },
    };
  },
  undo: {
    plan: async (left, { actor }, deps) => {
      const what = leftOf(left);
      const { before } = await planRevoke({ actor, ...what, again: true }, deps);
      return `takes the role ${what.role} back from ${before.email}`;
    },
    apply: async (left, { actor }, deps) => {
      const what = leftOf(left);
      const { after } = await revokeRole({ actor, ...what, again: true }, deps);
      return `${after.email} is not ${what.role}`;
    },
  },
};

const revoking: BulkCommand<Row, User> = {
  name: "user revoke",
  plan: async (row, { actor }, deps) => {
    const { before, after } = await planRevoke({ actor, ...row }, deps);
    const summary = `takes the role ${row.role} back`;
    const [from, to] = [rolesOf(before), rolesOf(after)];
    return { subjectKind: "user", subjectId: before.id, from, to, summary };
  },
  apply: async (row, { actor, again }, deps) => {
    const { after } = await revokeRole({ actor, ...row, again }, deps);
    const { id } = after;
    const undo = { user: id, role: row.role };
    return { subjectKind: "user", subjectId: id, state: rolesOf(after), value: after, undo };
  },
  undo: {
    plan: async (left, { actor }, deps) => {
      const what = leftOf(left);
      const { before } = await planGrant({ actor, ...what }, deps);
      return `gives the role ${what.role} to ${before.email} again`;
    },
    apply: async (left, { actor }, deps) => {
      const what = leftOf(left);
      const { after } = await grantRole({ actor, ...what }, deps);
      return `${after.email} is ${what.role} again`;
    },
  },
};

export function registerUserGrant(user: Command, mkt: Context): void {
  const grant = user
    .command("grant")
    .description("Give a user a staff role. For operators.")
    .argument("<user>", "e-mail, or the beginning of an id")
    .addArgument(new Argument("<role>", "what they may do").choices(STAFF_ROLES))
    .addHelpText(
      "after",
      examples(
        "mkt user grant ana@example.com support",
        "mkt user grant --from staff.csv --dry-run",
      ),
    );
  withRows(grant, granting, mkt, ({ email, roles }) => `${email} is now ${roles.join(", ")}`);

  const revoke = user
    .command("revoke")
    .description("Take a staff role back. For operators.")
    .argument("<user>", "e-mail, or the beginning of an id")
    .addArgument(new Argument("<role>", "what they may no longer do").choices(STAFF_ROLES))
    .addHelpText(
      "after",
      examples("mkt user revoke ana@example.com support", "mkt user revoke --from left.csv"),
    );
  withRows(revoke, revoking, mkt, (changed) => `${changed.email} is now ${rolesOf(changed)}`);
}
