import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { STAFF_ROLES } from "../../domain/actor.ts";
import type { User } from "../../domain/user.ts";
import { listUsers } from "../../operations/manage-users.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { examples, limit } from "../parse.ts";

const columns: readonly Column<User>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "email", header: "EMAIL", value: ({ email }) => email },
  { key: "name", header: "NAME", value: ({ name }) => name },
  { key: "roles", header: "ROLES", value: ({ roles }) => roles.join(" ") },
  { key: "bannedAt", header: "BANNED", kind: "time", value: ({ bannedAt }) => bannedAt },
  { key: "address", header: "ADDRESS", wide: true, value: ({ address }) => address },
  { key: "region", header: "REGION", wide: true, value: ({ region }) => region },
  {
    key: "createdAt",
    header: "SINCE",
    kind: "time",
    wide: true,
    value: ({ createdAt }) => createdAt,
  },
];

export function registerUserList(user: Command, mkt: Context): void {
  withColumns(user.command("list"), columns)
    .description("List users in the order they signed up. For operators and support.")
    .addOption(new Option("--role <role>", "only users with this staff role").choices(STAFF_ROLES))
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText("after", examples("mkt user list --role operator", "mkt user list -o name"))
    .action(async (options) => {
      const actor = await mkt.actor("user list");
      mkt.printList(await listUsers({ actor, ...options }, mkt.deps()), columns);
    });
}
