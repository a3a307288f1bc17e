import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { User } from "../../domain/user.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { ifRight } from "../../operations/bulk/if-right.ts";
import { banUser, planBan, planUnban, unbanUser } from "../../operations/manage-users.ts";
import { resolveUser } from "../../operations/resolve-user.ts";
import { examples } from "../parse.ts";
import { textColumn } from "../row-values.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  user: string;
  reason?: string;
}

const UNDOING = "the run that did it is undone";

interface Verb {
  name: "ban" | "unban";
  does: string;
  apply: typeof banUser;
  plan: typeof planBan;
}

const BAN: Verb = {
  name: "ban",
  does: "ends sessions, closes publications",
  apply: banUser,
  plan: planBan,
};
const UNBAN: Verb = { name: "unban", does: "lifts the ban", apply: unbanUser, plan: planUnban };

const stateOf = ({ bannedAt }: User) => (bannedAt === null ? "not banned" : "banned");

export function registerUserBan(user: Command, mkt: Context): void {
  const ban = user
    .command("ban")
    .description("Ban a user: sessions end, publications close. For operators; wants a --reason.")
    .argument("<user>", "e-mail, or the beginning of an id")
    .addHelpText(
      "after",
      examples(
        'mkt user ban ana@example.com --reason "sold counterfeits"',
        'mkt user ban --from ring.csv --reason "a fraud ring"',
      ),
    );
  const form = { more: [textColumn("reason", false)] };
  withRows(ban, commandOf(BAN, UNBAN), mkt, ({ email }) => `Banned ${email}`, form);

  const unban = user
    .command("unban")
    .description(
      "Lift a ban. Publications that it closed stay closed. For operators; wants a --reason.",
    )
    .argument("<user>", "e-mail, or the beginning of an id")
    .addHelpText(
      "after",
      examples(
        'mkt user unban ana@example.com --reason "appeal granted"',
        'mkt user unban --from cleared.csv --reason "appeal granted"',
      ),
    );
  withRows(unban, commandOf(UNBAN, BAN), mkt, ({ email }) => `${email} is no longer banned`, form);
}

function commandOf({ name, does, apply, plan }: Verb, back: Verb): BulkCommand<Row, User> {
  const isSo = ({ bannedAt }: User) => (bannedAt !== null) === (name === "ban");
  return {
    name: `user ${name}`,
    plan: async ({ user, reason = "" }, { actor }, deps) => {
      const { before, after } = await plan({ actor, user, reason }, deps);
      const summary = isSo(before) ? `nothing: it is ${stateOf(before)}` : does;
      const [from, to] = [stateOf(before), stateOf(after)];
      return { subjectKind: "user", subjectId: before.id, from, to, summary };
    },
    before: ({ user }, _, deps) =>
      ifRight(async () => ({ was: isSo(await resolveUser(user, deps)) })),
    apply: async ({ user, reason = "" }, { actor, again, before: known }, deps) => {
      const { before, after } = await apply({ actor, user, reason }, deps);
      // Of a row that was begun before only the journal knows how it was then.
      const was = again ? known?.was === true : isSo(before);
      return {
        subjectKind: "user",
        subjectId: after.id,
        state: stateOf(after),
        value: after,
        already: was,
        undo: was ? null : { user: after.id },
      };
    },
    undo: {
      plan: async ({ user }, { actor }, deps) => {
        const want = { actor, user: String(user), reason: UNDOING };
        const { after } = await back.plan(want, deps);
        return `${after.email} becomes ${stateOf(after)}`;
      },
      apply: async ({ user }, { actor }, deps) => {
        const { after } = await back.apply({ actor, user: String(user), reason: UNDOING }, deps);
        return `${after.email} is ${stateOf(after)}`;
      },
    },
  };
}
