import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { register } from "../operations/register.ts";
import { examples, readPassword } from "./parse.ts";

export function registerRegister(program: Command, mkt: Context): void {
  program
    .command("register")
    .summary("sign a user up")
    .description("Sign a user up. The password comes from a hidden prompt, stdin or a file.")
    .argument("<email>", "what the user logs in with")
    .requiredOption("--name <name>", "how the user is called")
    .requiredOption("--address <address>", "where what they buy is shipped to")
    .option("--password-stdin", "read the password from stdin")
    .option("--password-file <file>", "read the password from a file")
    .addHelpText(
      "after",
      examples(
        'mkt register ana@example.com --name Ana --address "Corrientes 1234, Buenos Aires"',
        'mkt register ana@example.com --name Ana --address "…" --password-file ./secret',
      ),
    )
    .action(async (email, { name, address, ...source }) => {
      const password = await readPassword(`Password for ${email}`, source, mkt);
      const user = await register({ email, name, address, password }, mkt.deps());
      mkt.print(user, ({ id }) => `Registered ${user.email} (user ${id})`);
    });
}
