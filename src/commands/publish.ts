import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import type { Deps } from "../deps.ts";
import { idFrom } from "../domain/ids.ts";
import { parseMapping } from "../domain/mapping.ts";
import { currencyCode, formatMinor, parseMoney } from "../domain/money.ts";
import type { Language, PublicationPage } from "../domain/publication.ts";
import { MktError } from "../errors.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { type Draft, planPublishing, publish } from "../operations/publish.ts";
import { publishFile } from "../operations/publish-file.ts";
import { progressBar } from "../output/progress.ts";
import { collect, examples, readImages, readYaml, wholeNumber } from "./parse.ts";
import { undoBy } from "./publication/state.ts";
import { writeRejects } from "./rejects.ts";
import { refuseFileOptions, withRows } from "./with-rows.ts";

const ROWS_FAILED_EXIT = 8;

interface Row {
  title: string;
  description: string;
  price: string;
  currency?: string;
  stock: number;
  category?: readonly string[];
  image?: readonly string[];
  keywords: string;
  language?: Language;
  externalId?: string;
  createCategories?: boolean;
}

async function requestOf(row: Row, { profile }: Deps) {
  const { title, description, keywords, stock, externalId = null } = row;
  const currency = row.currency ? currencyCode(row.currency) : profile.currency;
  const draft: Draft = {
    title,
    description,
    keywords,
    language: row.language ?? profile.language,
    priceMinor: parseMoney(row.price, currency),
    currency,
    stock,
    categories: row.category ?? [],
    images: await readImages(row.image),
    externalId,
  };
  return { draft, createCategories: row.createCategories === true };
}

const bulk: BulkCommand<Row, PublicationPage> = {
  name: "publish",
  plan: async (row, { actor }, deps) => {
    const want = await requestOf(row, deps);
    await planPublishing({ actor, ...want }, deps);
    const { stock, priceMinor, currency } = want.draft;
    const summary = `offers ${stock} at ${formatMinor(priceMinor, currency)}`;
    return { subjectKind: "publication", subjectId: null, from: null, to: "active", summary };
  },
  apply: async (row, { actor, key, since, again }, deps) => {
    const want = await requestOf(row, deps);
    const page = await publish({ actor, ...want, id: idFrom(key, since), again }, deps);
    const { id, state } = page;
    const undo = { publication: id };
    return { subjectKind: "publication", subjectId: id, state, value: page, undo };
  },
  thing: ({ externalId, title }) => externalId ?? title,
  undo: undoBy("close"),
};

export function registerPublish(program: Command, mkt: Context): void {
  const command = program
    .command("publish")
    .summary("offer something for sale")
    .description(
      "Publish one thing; with --from every row of a file, whose columns are named as the options or told by --mapping.",
    )
    .option("--title <title>")
    .option("--description <text>", "what it is", "")
    .option("--price <amount>", "what one costs, such as 25.00")
    .option("--currency <code>", "ISO 4217 (default: the profile's)")
    .option("--stock <n>", "how many there are", wholeNumber)
    .option("--category <name>", "a category; may be repeated", collect)
    .option("--image <file>", "JPEG, PNG, WebP or GIF; may be repeated", collect)
    .option("--keywords <words>", "words to be found by that are not shown", "")
    .addOption(
      new Option("--language <code>", "the text's language (default: the profile's)").choices([
        "es",
        "en",
        "pt",
      ] as const),
    )
    .option("--external-id <id>", "the seller's own id: at most one publication has it")
    .option("--create-categories", "make categories that do not exist")
    .option("--mapping <file>", "which column is what: see fixtures/mappings")
    .option(
      "--rejects <file>",
      "with --mapping: where rows that failed are written (default: FILE.rejects.csv here)",
    )
    .addHelpText(
      "after",
      examples(
        'mkt publish --title "Reading lamp" --price 25.00 --stock 3 --category Lighting --image lamp.jpg',
        "mkt publish --from lamps.csv --dry-run --as shop@example.com",
        "mkt publish --from catalogue.csv --mapping fixtures/mappings/ikea.yaml --create-categories --as shop@example.com",
      ),
    );
  withRows(
    command,
    bulk,
    mkt,
    ({ id, title, priceMinor, currency }) =>
      `Published ${title} for ${formatMinor(priceMinor, currency)} (publication ${id})`,
    {
      needs: ["title", "price", "stock"],
      except: ["mapping", "rejects"],
      instead: ({ from, dryRun }) => {
        const { mapping, ...options } = command.opts();
        if (mapping === undefined) return undefined;
        if (from === undefined) throw new MktError("usage", "--mapping goes with --from");
        refuseFileOptions(command, "does not go with --mapping");
        return () => publishRows({ ...options, from, mapping, dryRun: dryRun === true }, mkt);
      },
    },
  );
}

interface FileOptions {
  from: string;
  mapping: string;
  rejects?: string | undefined;
  createCategories?: true | undefined;
  dryRun: boolean;
}

async function publishRows(
  { from, mapping: mappingFile, rejects, createCategories, dryRun }: FileOptions,
  mkt: Context,
): Promise<void> {
  const mapping = parseMapping(
    await readYaml("mapping", mappingFile, "see fixtures/mappings"),
    mappingFile,
  );
  const actor = await mkt.actor("publish");
  const bar = progressBar({
    stream: mkt.streams.stderr,
    terminal: mkt.messages,
    label: "publishing",
    total: 0,
  });
  const report = await publishFile(
    {
      actor,
      path: from,
      mapping,
      createCategories: createCategories === true,
      dryRun,
      stopping: mkt.stopping(),
      progress: (phase, done, total, failures) =>
        bar.update(done, { failures, total, label: phase }),
    },
    mkt.deps(),
  ).finally(() => bar.done());
  const rejectsFile = report.rejects.length > 0 ? await writeRejects(report, rejects, from) : null;
  if (report.rejects.length > 0) mkt.setExitCode(ROWS_FAILED_EXIT);
  const { rows, created, alreadyThere, merged, runId } = report;
  const summary = {
    ...(dryRun ? { dryRun } : { runId }),
    rows,
    created,
    alreadyThere,
    merged,
    rejected: report.rejects.length,
    rejectsFile,
  };
  mkt.print(summary, ({ rejected }) =>
    [
      `${dryRun ? "would be: " : ""}${rows} rows: ${created} published, ${alreadyThere} there already, ${merged} merged by their id into those, ${rejected} rejected`,
      ...(runId ? [`mkt bulk undo ${runId} closes them again`] : []),
      ...(rejectsFile ? [`rejected rows, with line and reason: ${rejectsFile}`] : []),
    ].join("\n"),
  );
}
