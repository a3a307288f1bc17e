import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { idFrom } from "../domain/ids.ts";
import type { User } from "../domain/user.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { planRegistration, type Registration, register } from "../operations/register.ts";
import { examples, readPassword } from "./parse.ts";
import { textColumn } from "./row-values.ts";
import { withRows } from "./with-rows.ts";

const bulk: BulkCommand<Registration, User> = {
  name: "register",
  secret: ["password"],
  plan: async (row, _, deps) => {
    await planRegistration(row, deps);
    const summary = `signs ${row.email} up`;
    return { subjectKind: "user", subjectId: null, from: null, to: "registered", summary };
  },
  apply: async (row, { key, since, again }, deps) => {
    const user = await register({ ...row, id: idFrom(key, since), again }, deps);
    return { subjectKind: "user", subjectId: user.id, state: "registered", value: user };
  },
  undo: "who is signed up stays so: mkt user ban USER keeps somebody out",
};

export function registerRegister(program: Command, mkt: Context): void {
  const command = program
    .command("register")
    .summary("sign a user up")
    .description(
      "Sign a user up. The password comes from a hidden prompt, stdin or a file; with --from from each row.",
    )
    .argument("<email>", "what the user logs in with")
    .requiredOption("--name <name>", "how the user is called")
    .requiredOption("--address <address>", "where what they buy is shipped to")
    .option("--region <region>", "its state or province, by which reports gather orders")
    .option("--password-stdin", "read the password from stdin")
    .option("--password-file <file>", "read the password from a file")
    .addHelpText(
      "after",
      examples(
        'mkt register ana@example.com --name Ana --address "Corrientes 1234" --region "Buenos Aires"',
        'mkt register ana@example.com --name Ana --address "…" --password-file ./secret',
        "mkt register --from users.csv --dry-run",
      ),
    );
  withRows(command, bulk, mkt, ({ id, email }) => `Registered ${email} (user ${id})`, {
    except: ["passwordStdin", "passwordFile"],
    more: [textColumn("password", true)],
    anonymous: true,
    ask: async ({ email }) => ({
      password: await readPassword(`Password for ${email}`, command.opts(), mkt),
    }),
  });
}
