import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { login } from "../operations/login.ts";
import { logout } from "../operations/logout.ts";
import { examples, readPassword } from "./parse.ts";

export function registerLogin(program: Command, mkt: Context): void {
  program
    .command("login")
    .summary("log in")
    .description("Log in: the password is verified in Aurora; the session lasts 30 days.")
    .argument("<email>")
    .option("--password-stdin", "read the password from stdin")
    .option("--password-file <file>", "read the password from a file")
    .addHelpText(
      "after",
      examples("mkt login ana@example.com", "mkt login ana@example.com --password-stdin < secret"),
    )
    .action(async (email, source) => {
      const password = await readPassword(`Password for ${email}`, source, mkt);
      const session = await login({ email, password }, mkt.deps());
      mkt.print(session, (opened) => `Logged in as ${opened.email}`);
    });

  program
    .command("logout")
    .summary("end the session")
    .description("End the session of this terminal's user.")
    .addHelpText("after", examples("mkt logout"))
    .action(async () => {
      const ended = await logout(mkt.deps());
      mkt.print({ loggedOut: ended }, () => (ended ? "Logged out" : "Nobody was logged in"));
    });
}
