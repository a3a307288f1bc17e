import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { type InboxItem, inbox, markInboxRead } from "../operations/inbox.ts";
import type { Column } from "../output/table.ts";
import { withColumns } from "./columns.ts";
import { collect, examples, limit } from "./parse.ts";

const columns: readonly Column<InboxItem>[] = [
  { key: "readAt", header: "READ", value: ({ readAt }) => (readAt === null ? "new" : "read") },
  { key: "kind", header: "KIND", value: ({ kind }) => kind },
  { key: "text", header: "TEXT", value: ({ text }) => text },
  { key: "at", header: "AT", kind: "time", value: ({ at }) => at },
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "subject", header: "ABOUT", kind: "id", wide: true, value: ({ subject }) => subject },
];

export function registerInbox(program: Command, mkt: Context): void {
  withColumns(program.command("inbox"), columns)
    .summary("read what waits for you")
    .description(
      "Questions on your publications, answers to yours, and what became of your orders; unread first.",
    )
    .option("--unread", "only what is unread")
    .option("--read <id>", "mark this as read; may be repeated", collect)
    .option("--read-all", "mark everything as read")
    .option("--limit <n>", "at most so many", limit, 50)
    .addHelpText("after", examples("mkt inbox --as ana@example.com", "mkt inbox --read-all"))
    .action(async ({ unread, read, readAll, limit: most }) => {
      const actor = await mkt.actor("inbox");
      if (read || readAll) {
        const count = await markInboxRead(
          { actor, ids: readAll ? [] : (read ?? []), limit: most },
          mkt.deps(),
        );
        mkt.print({ read: count }, () => `Marked ${count} as read`);
        return;
      }
      const items = await inbox({ actor, limit: most, unreadOnly: unread === true }, mkt.deps());
      mkt.printList({ items }, columns);
    });
}
