import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { positionBeforeLast, type TailRequest, tailEvents } from "../../operations/tail-events.ts";
import { renderValue } from "../../output/formats.ts";
import type { Column } from "../../output/table.ts";
import { withColumns } from "../columns.ts";
import { collect, examples, limit, wholeNumber } from "../parse.ts";

type Event = Awaited<ReturnType<typeof tailEvents>>[number];

const FOLLOW_MS = 250;
const BATCH = 500;

const columns: readonly Column<Event>[] = [
  { key: "position", header: "POSITION", kind: "number", value: ({ position }) => position },
  { key: "occurredAt", header: "AT", kind: "time", value: ({ occurredAt }) => occurredAt },
  { key: "type", header: "TYPE", value: ({ type }) => type },
  { key: "subjectId", header: "SUBJECT", kind: "id", value: ({ subjectId }) => subjectId },
  { key: "actor", header: "ACTOR", value: ({ actor }) => actor },
  { key: "data", header: "DATA", wide: true, value: ({ data }) => JSON.stringify(data) },
];

export function registerEventTail(event: Command, mkt: Context): void {
  withColumns(event.command("tail"), columns)
    .description("Read the event log from a position on. For staff; analysts see no personal data.")
    .option("--after <position>", "events after this one (default: the last ones)", wholeNumber)
    .option("--type <type>", "only of this type; may be repeated", collect)
    .option("--imported", "also what was imported: it happened elsewhere, or before")
    .option("--limit <n>", "at most so many", limit, 20)
    .option("--follow", "go on with what happens, one JSON document a line, until Ctrl-C")
    .addHelpText(
      "after",
      examples(
        "mkt event tail --limit 50",
        "mkt event tail --follow --type order.paid",
        "mkt event tail --after 0 -o ndjson",
      ),
    )
    .action(async ({ after, type: types = [], imported = false, limit: most, follow }) => {
      const actor = await mkt.actor("event tail");
      const start =
        after ??
        (await positionBeforeLast({ count: follow ? 0 : most, types, imported }, mkt.deps()));
      if (follow) return followEvents({ actor, types, imported }, start, mkt);
      const events = await tailEvents(
        { actor, after: start, types, imported, limit: most },
        mkt.deps(),
      );
      mkt.printList({ items: events }, columns);
    });
}

async function followEvents(
  wanted: Pick<TailRequest, "actor" | "types" | "imported">,
  start: number,
  mkt: Context,
): Promise<void> {
  const stopping = mkt.stopping();
  const { stdout } = mkt.streams;
  const asTable = mkt.terminal.isTerminal && !mkt.wantsJson() && mkt.options().output === undefined;
  let position = start;
  while (!stopping.aborted) {
    const events = await tailEvents({ ...wanted, after: position, limit: BATCH }, mkt.deps());
    for (const event of events) {
      stdout.write(asTable ? line(event) : renderValue("ndjson", event));
    }
    position = events.at(-1)?.position ?? position;
    if (events.length < BATCH)
      await pause(FOLLOW_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}

function line({ position, occurredAt, type, subjectId, actor }: Event): string {
  return `${position} ${occurredAt} ${type} ${subjectId} ${actor}\n`;
}
