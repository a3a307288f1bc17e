import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { User } from "../../domain/user.ts";
import { showUser } from "../../operations/manage-users.ts";
import { block } from "../../output/story.ts";
import { examples } from "../parse.ts";

export function registerUserShow(user: Command, mkt: Context): void {
  user
    .command("show")
    .description("Show a user: oneself, or anybody for staff.")
    .argument("<user>", "e-mail, or the beginning of an id")
    .addHelpText("after", examples("mkt user show ana@example.com"))
    .action(async (text) => {
      const actor = await mkt.actor("user show");
      mkt.print(await showUser({ actor, user: text }, mkt.deps()), userBlock);
    });
}

/** A user as people read it. */
export function userBlock(user: User): string {
  const { id, email, name, address, region, roles, bannedAt, createdAt } = user;
  return block([
    ["user", id],
    ["email", email],
    ["name", name],
    ["address", address],
    ...(region === null ? [] : [["region", region] as const]),
    ["roles", roles.join(" ") || "none"],
    ["since", createdAt],
    ...(bannedAt ? [["banned", bannedAt] as const] : []),
  ]);
}
