import { Argument, type Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { STAFF_ROLES } from "../../domain/actor.ts";
import { grantRole, revokeRole } from "../../operations/manage-users.ts";
import { examples } from "../parse.ts";

export function registerUserGrant(user: Command, mkt: Context): void {
  user
    .command("grant")
    .description("Give a user a staff role. For operators.")
    .argument("<user>", "e-mail, or the beginning of an id")
    .addArgument(new Argument("<role>", "what they may do").choices(STAFF_ROLES))
    .addHelpText("after", examples("mkt user grant ana@example.com support"))
    .action(async (text, role) => {
      const actor = await mkt.actor("user grant");
      const granted = await grantRole({ actor, user: text, role }, mkt.deps());
      mkt.print(granted, ({ email, roles }) => `${email} is now ${roles.join(", ")}`);
    });

  user
    .command("revoke")
    .description("Take a staff role back. For operators.")
    .argument("<user>", "e-mail, or the beginning of an id")
    .addArgument(new Argument("<role>", "what they may no longer do").choices(STAFF_ROLES))
    .addHelpText("after", examples("mkt user revoke ana@example.com support"))
    .action(async (text, role) => {
      const actor = await mkt.actor("user revoke");
      const revoked = await revokeRole({ actor, user: text, role }, mkt.deps());
      mkt.print(revoked, ({ email, roles }) => `${email} is now ${roles.join(", ") || "no staff"}`);
    });
}
