import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { type LoadedSnapshot, loadSnapshot } from "../../operations/snapshot/load.ts";
import { block } from "../../output/story.ts";
import { examples } from "../parse.ts";
import { rowLines } from "./save.ts";

export function registerSnapshotLoad(snapshot: Command, mkt: Context): void {
  snapshot
    .command("load")
    .summary("load a snapshot into this profile")
    .description(
      "Load a snapshot that mkt snapshot save made, all of it or nothing; ids stay as they are, and loading it twice changes nothing.\n" +
        "Its orders are flagged imported: no timer and no provider touches them, nobody is notified, and nobody can log in as its users (operators act for them with --as). Where a category of the same name is here, that one is used. Whatever is here with other content is a conflict. For operators.",
    )
    .argument("<file>", "the snapshot")
    .option("--dry-run", "check the file and say what would be loaded")
    .addHelpText(
      "after",
      examples(
        "mkt snapshot load case.ndjson --dry-run",
        "mkt snapshot load case.ndjson.gz --json",
      ),
    )
    .action(async (file, { dryRun = false }) => {
      const actor = await mkt.actor("snapshot load");
      const loaded = await loadSnapshot(
        { actor, file, dryRun, stopping: mkt.stopping() },
        mkt.deps(),
      );
      mkt.print(loaded, human);
    });
}

function human({ id, orders, dryRun, wasThere, rows, images }: LoadedSnapshot): string {
  if (wasThere) return `Snapshot ${id} is here already: nothing changed`;
  return block([
    [dryRun ? "would load" : "loaded", id],
    ...rowLines(rows, images),
    ...orders.map((order): [string, string] => ["look at it", `mkt order show ${order}`]),
  ]);
}
