import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import type { Deps } from "../../deps.ts";
import { idFrom } from "../../domain/ids.ts";
import { formatMinor, parseMoney } from "../../domain/money.ts";
import type { PublicationPage } from "../../domain/publication.ts";
import { MktError } from "../../errors.ts";
import type { BulkCommand } from "../../operations/bulk/bulk-command.ts";
import { ifRight } from "../../operations/bulk/if-right.ts";
import { type Edit, planUpdate, updatePublication } from "../../operations/change-publication.ts";
import { currencyOf } from "../../operations/show-publication.ts";
import {
  contentOf,
  isUpdated,
  type KnownContent,
  planUndoUpdate,
  undoUpdate,
} from "../../operations/undo-update.ts";
import { collect, examples, positiveInteger, readImages, wholeNumber } from "../parse.ts";
import { withRows } from "../with-rows.ts";

interface Row {
  publication: string;
  title?: string;
  description?: string;
  keywords?: string;
  price?: string;
  stock?: number;
  addStock?: number;
  category?: readonly string[];
  image?: readonly string[];
  createCategories?: boolean;
  ifVersion?: number;
}

async function editOf(row: Row, deps: Deps): Promise<Edit> {
  const { publication, title, description, keywords, price, stock, addStock } = row;
  if (stock !== undefined && addStock !== undefined)
    throw new MktError("usage", "--stock and --add-stock exclude each other");
  const added = addStock === undefined ? undefined : { add: addStock };
  return {
    title,
    description,
    keywords,
    priceMinor:
      price === undefined ? undefined : parseMoney(price, await currencyOf(publication, deps)),
    stock: stock === undefined ? added : { set: stock },
    categories: row.category,
    images: row.image && (await readImages(row.image)),
  };
}

async function requestOf(row: Row, deps: Deps) {
  const { publication, ifVersion = null, createCategories = false } = row;
  return { publication, edit: await editOf(row, deps), ifVersion, createCategories };
}

/** What `apply` left: the content before it and after it. */
const left = (undo: Readonly<Record<string, unknown>>) => {
  return { was: undo.was as KnownContent, made: undo.made as KnownContent };
};

const bulk: BulkCommand<Row, PublicationPage> = {
  name: "publication update",
  plan: async (row, { actor }, deps) => {
    const want = await requestOf(row, deps);
    const { before, after } = await planUpdate({ actor, ...want }, deps);
    return {
      subjectKind: "publication",
      subjectId: before.id,
      from: `version ${before.version}`,
      to: `version ${after.version}`,
      summary: changesText(row, before, after),
    };
  },
  before: (row, _, deps) =>
    ifRight(async () => {
      const { publication } = row;
      return { ...(await contentOf({ publication, edit: await editOf(row, deps) }, deps)) };
    }),
  apply: async (row, { actor, key, since, again, before }, deps) => {
    const want = await requestOf(row, deps);
    const { edit } = want;
    const movementId = idFrom(key, since);
    // What `before` gave, as JSON.
    const known = before as unknown as KnownContent | null;
    const isDone = again && known && (await isUpdated({ edit, before: known, movementId }, deps));
    const was = isDone ? known : await contentOf(want, deps);
    const page = await updatePublication(
      { actor, ...want, movementId, again: isDone === true },
      deps,
    );
    const made = await contentOf(want, deps);
    return {
      subjectKind: "publication",
      subjectId: page.id,
      state: page.state,
      value: page,
      undo: { was, made },
    };
  },
  undo: {
    plan: (undo, { actor }, deps) => planUndoUpdate({ actor, ...left(undo) }, deps),
    apply: (undo, { actor }, deps) => undoUpdate({ actor, ...left(undo) }, deps),
  },
};

export function registerPublicationUpdate(publication: Command, mkt: Context): void {
  const command = publication
    .command("update")
    .description(
      "Change a publication. Each change counts a version; --if-version refuses it when somebody else changed it.",
    )
    .argument("<publication>", "id, or the beginning of one")
    .option("--title <title>")
    .option("--description <text>")
    .option("--keywords <words>")
    .option("--price <amount>", "in the publication's currency")
    .option("--stock <n>", "what is there now", wholeNumber)
    .option("--add-stock <n>", "what came in; below zero: what went", wholeNumber)
    .option("--category <name>", "the categories from now on; may be repeated", collect)
    .option("--image <file>", "the images from now on; may be repeated", collect)
    .option("--create-categories", "make categories that do not exist")
    .option("--if-version <n>", "only if this is still its version", positiveInteger)
    .addHelpText(
      "after",
      examples(
        "mkt publication update 0199c4e2 --price 19.90 --if-version 1",
        "mkt publication update 0199c4e2 --add-stock 10",
        "mkt publication update --from prices.csv --dry-run",
      ),
    );
  withRows(command, bulk, mkt, ({ id, version, priceMinor, currency, availability }) => {
    return `Changed publication ${id}: version ${version}, ${formatMinor(priceMinor, currency)}, ${availability.replace("_", " ")}`;
  });
}

type Facts = Awaited<ReturnType<typeof planUpdate>>["before"];

function changesText(row: Row, before: Facts, after: Facts): string {
  const price = ({ priceMinor, currency }: Facts) => formatMinor(priceMinor, currency);
  const texts = (["title", "description", "keywords", "category", "image"] as const).filter(
    (name) => row[name] !== undefined,
  );
  const changes = [
    ...(row.price === undefined ? [] : [`price ${price(before)} to ${price(after)}`]),
    ...(before.stock === after.stock ? [] : [`stock ${before.stock} to ${after.stock}`]),
    ...texts,
  ];
  return changes.join(", ") || "counts a version";
}
