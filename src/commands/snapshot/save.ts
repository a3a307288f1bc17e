import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { type SavedSnapshot, saveSnapshot } from "../../operations/snapshot/save.ts";
import { confirm } from "../../output/prompt.ts";
import { block } from "../../output/story.ts";
import { collect, examples, positiveInteger, wholeNumber } from "../parse.ts";

const ORDERS_DEFAULT = 200;
const ORDERS_MAX = 1_000;
const DEPTH_MAX = 10;

export function registerSnapshotSave(snapshot: Command, mkt: Context): void {
  snapshot
    .command("save")
    .summary("save the little world around an order in a file")
    .description(
      "Save an order with all that belongs to it (its purchase, payments, shipments, disputes, reviews, users, publications with their pictures and questions, and every step and event) in one file of lines of JSON, compressed when its name ends in .gz.\n" +
        "--depth follows the orders of the buyers, sellers and publications found so far, so many times. --anonymize replaces what says who people are by the same pseudonyms everywhere. Nothing in it opens a door: no passwords, cards or roles. For operators and support.",
    )
    .argument("<file>", "where to save it, such as case.ndjson.gz; what is there is replaced")
    .requiredOption("--order <order>", "the order to start from; may be repeated", collect)
    .option("--depth <n>", "how far to follow other orders", depth, 0)
    .option("--limit <n>", "at most so many orders", orders, ORDERS_DEFAULT)
    .option("--anonymize", "replace e-mails, names, addresses, cards and whatever people wrote")
    .addHelpText(
      "after",
      examples(
        "mkt snapshot save --order 0199c4f8 --depth 2 --anonymize case.ndjson",
        "mkt snapshot save --order 0199c4f8 --order 0199c4f9 --anonymize cases.ndjson.gz",
      ),
    )
    .action(async (file, { order, depth, limit, anonymize = false }) => {
      const actor = await mkt.actor("snapshot save");
      const { stdin, stderr } = mkt.streams;
      const { input, yes } = mkt.options();
      const asking = { stdin, stderr, input: input !== false, yes: yes === true };
      const saved = await saveSnapshot(
        {
          actor,
          orders: order,
          depth,
          limit,
          anonymize,
          file,
          stopping: mkt.stopping(),
          approve: () =>
            confirm(
              `Save personal data of real people in ${file}? (--anonymize leaves it out)`,
              asking,
            ),
        },
        mkt.deps(),
      );
      if (saved.isCut)
        mkt.notice(`more than ${limit} orders belong to it: the older ones are left out (--limit)`);
      mkt.print(saved, human);
    });
}

function human({ file, id, anonymized, rows, images }: SavedSnapshot): string {
  return block([
    ["saved", file],
    ["snapshot", `${id}${anonymized ? ", anonymized" : ", with personal data"}`],
    ...rowLines(rows, images),
  ]);
}

/** How many of what people know by name; the rest stands in JSON. */
export function rowLines(
  rows: Readonly<Record<string, number>>,
  images: number,
): [string, string][] {
  const named = ["order", "user", "publication", "question", "payment", "shipment"];
  return [
    ...named.map((table): [string, string] => [`${table}s`, String(rows[table] ?? 0)]),
    ["pictures", String(images)],
    ["events", String(rows.event ?? 0)],
  ];
}

function depth(text: string): number {
  const number = wholeNumber(text);
  if (number >= 0 && number <= DEPTH_MAX) return number;
  throw new InvalidArgumentError(`it is from 0 to ${DEPTH_MAX}.`);
}

function orders(text: string): number {
  const number = positiveInteger(text);
  if (number <= ORDERS_MAX) return number;
  throw new InvalidArgumentError(`at most ${ORDERS_MAX}.`);
}
