import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { banUser, unbanUser } from "../../operations/manage-users.ts";
import { examples } from "../parse.ts";

export function registerUserBan(user: Command, mkt: Context): void {
  user
    .command("ban")
    .description("Ban a user: sessions end, publications close. For operators; wants a --reason.")
    .argument("<user>", "e-mail, or the beginning of an id")
    .addHelpText("after", examples('mkt user ban ana@example.com --reason "sold counterfeits"'))
    .action(async (text) => {
      const actor = await mkt.actor("user ban");
      const banned = await banUser(
        { actor, user: text, reason: mkt.options().reason ?? "" },
        mkt.deps(),
      );
      mkt.print(banned, ({ email }) => `Banned ${email}`);
    });

  user
    .command("unban")
    .description(
      "Lift a ban. Publications that it closed stay closed. For operators; wants a --reason.",
    )
    .argument("<user>", "e-mail, or the beginning of an id")
    .addHelpText("after", examples('mkt user unban ana@example.com --reason "appeal granted"'))
    .action(async (text) => {
      const actor = await mkt.actor("user unban");
      const unbanned = await unbanUser(
        { actor, user: text, reason: mkt.options().reason ?? "" },
        mkt.deps(),
      );
      mkt.print(unbanned, ({ email }) => `${email} is no longer banned`);
    });
}
