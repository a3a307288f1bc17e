import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { migrate, migrationStatus, type StoresReady } from "../../operations/migrate.ts";
import { block } from "../../output/story.ts";
import { examples } from "../parse.ts";

export function registerMigrate(migrateCommand: Command, mkt: Context): void {
  migrateCommand
    .command("up")
    .description(
      "Make Aurora's roles and schema, DynamoDB's table and S3's bucket where they are missing. Safe to repeat.",
    )
    .addHelpText("after", examples("mkt migrate up"))
    .action(async () => mkt.print(await migrate(mkt.ownDeps()), readyBlock));

  migrateCommand
    .command("status")
    .description("Show what of it exists; changes nothing.")
    .addHelpText("after", examples("mkt migrate status"))
    .action(async () => mkt.print(await migrationStatus(mkt.ownDeps()), readyBlock));
}

function readyBlock({ aurora, dynamo }: StoresReady): string {
  return block([
    ...aurora.map(({ name, appliedAt }) => [`aurora ${name}`, appliedAt ?? "pending"] as const),
    ["dynamo table", dynamo ?? "missing"],
  ]);
}
