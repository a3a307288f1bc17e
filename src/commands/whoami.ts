import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { changePassword } from "../operations/change-password.ts";
import { showUser } from "../operations/manage-users.ts";
import { examples, readPassword } from "./parse.ts";
import { userBlock } from "./user/show.ts";

export function registerWhoami(program: Command, mkt: Context): void {
  program
    .command("whoami")
    .summary("show who is logged in")
    .description("Show who is logged in, or who --as names.")
    .addHelpText("after", examples("mkt whoami", "mkt whoami --as ana@example.com"))
    .action(async () => {
      const actor = await mkt.actor("whoami");
      const user = await showUser({ actor, user: actor.userId }, mkt.deps());
      mkt.print({ ...user, profile: mkt.config().profile.name }, userBlock);
    });

  program
    .command("passwd")
    .summary("change the password")
    .description(
      "Change one's own password. Every other session ends. From stdin: two lines, the current and the new one.",
    )
    .option("--password-stdin", "read both from stdin, each on a line")
    .addHelpText(
      "after",
      examples("mkt passwd", 'printf \'%s\\n\' "$OLD" "$NEW" | mkt passwd --password-stdin'),
    )
    .action(async ({ passwordStdin }) => {
      const actor = await mkt.actor("passwd");
      const { current, next } = await readPasswords(passwordStdin, mkt);
      await changePassword({ actor, current, next }, mkt.deps());
      mkt.print({ changed: true }, () => "Password changed; other sessions are over");
    });
}

async function readPasswords(
  fromStdin: true | undefined,
  mkt: Context,
): Promise<{ current: string; next: string }> {
  if (!fromStdin) {
    const current = await readPassword("Current password", {}, mkt);
    return { current, next: await readPassword("New password", {}, mkt) };
  }
  const [current = "", next = ""] = (await readPassword("", { passwordStdin: true }, mkt)).split(
    /\r?\n/,
  );
  return { current, next };
}
