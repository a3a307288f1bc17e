import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { MktError } from "../../errors.ts";
import {
  listMissing,
  listWebhooks,
  type MissingEvent,
  WEBHOOK_STATES,
} from "../../operations/list-webhooks.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import type { Listed } from "../order/story.ts";
import { examples, limit, time } from "../parse.ts";

const PROVIDERS = ["payments", "shipping"] as const;

const columns: readonly Column<Listed<typeof listWebhooks>>[] = [
  { key: "id", header: "ID", kind: "id", value: ({ id }) => id },
  { key: "provider", header: "PROVIDER", value: ({ provider }) => provider },
  { key: "type", header: "TYPE", value: ({ type }) => type },
  { key: "state", header: "STATE", kind: "state", value: ({ state }) => state },
  { key: "attempts", header: "FAILED", kind: "number", value: ({ attempts }) => attempts },
  { key: "receivedAt", header: "AT", kind: "time", value: ({ receivedAt }) => receivedAt },
  { key: "reason", header: "REASON", value: ({ reason }) => reason },
  { key: "objectId", header: "OBJECT", kind: "id", wide: true, value: ({ objectId }) => objectId },
  { key: "eventId", header: "EVENT", kind: "id", wide: true, value: ({ eventId }) => eventId },
  {
    key: "nextTryAt",
    header: "NEXT TRY",
    kind: "time",
    wide: true,
    value: ({ nextTryAt }) => nextTryAt,
  },
];

const missingColumns: readonly Column<MissingEvent>[] = [
  { key: "id", header: "EVENT", kind: "id", value: ({ id }) => id },
  { key: "provider", header: "PROVIDER", value: ({ provider }) => provider },
  { key: "type", header: "TYPE", value: ({ type }) => type },
  { key: "objectId", header: "OBJECT", kind: "id", value: ({ objectId }) => objectId },
  { key: "createdAt", header: "AT", kind: "time", value: ({ createdAt }) => createdAt },
  { key: "attempts", header: "ATTEMPTS", kind: "number", value: ({ attempts }) => attempts },
];

export function registerWebhookList(webhook: Command, mkt: Context): void {
  withColumns(webhook.command("list"), columns, { "--missing": missingColumns })
    .description(
      "List what providers told us, newest first, or with --missing what they wanted to tell us and we never received. For staff.",
    )
    .addOption(new Option("--provider <name>", "only of this provider").choices(PROVIDERS))
    .addOption(new Option("--state <state>", "only in this state").choices(WEBHOOK_STATES))
    .option("--since <time>", "only from then on (with --missing by default 7 days)", time)
    .option("--missing", "ask the providers for events that never came, oldest first")
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--page-token <token>", "go on after a page")
    .addHelpText(
      "after",
      examples(
        "mkt webhook list --state failed",
        "mkt webhook list --state refused -o wide",
        "mkt webhook list --missing --since 2026-11-20",
      ),
    )
    .action(async ({ missing, ...options }) => {
      const actor = await mkt.actor("webhook list");
      if (!missing) {
        return mkt.printList(await listWebhooks({ actor, ...options }, mkt.deps()), columns);
      }
      const { state, pageToken, ...filter } = options;
      if (state !== undefined || pageToken !== undefined) {
        throw new MktError("usage", "--missing has neither states nor pages");
      }
      const { items, hasMore } = await listMissing({ actor, ...filter }, mkt.deps());
      mkt.printList({ items }, missingColumns);
      if (hasMore) mkt.notice("there are more: raise --limit, or mkt webhook resend --missing");
    });
}
