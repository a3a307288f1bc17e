import { type Command, Option } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { parseMapping } from "../domain/mapping.ts";
import { currencyCode, formatMinor, parseMoney } from "../domain/money.ts";
import { MktError } from "../errors.ts";
import { publish } from "../operations/publish.ts";
import { publishFile } from "../operations/publish-file.ts";
import { progressBar } from "../output/progress.ts";
import { collect, examples, readImages, readYaml, wholeNumber } from "./parse.ts";
import { writeRejects } from "./rejects.ts";

const ROWS_FAILED_EXIT = 8;

export function registerPublish(program: Command, mkt: Context): void {
  program
    .command("publish")
    .summary("offer something for sale")
    .description("Publish one thing, or with --from and --mapping every row of a CSV file.")
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
    .option("--from <file>", "publish every row of a CSV file")
    .option("--mapping <file>", "which column is what: see fixtures/mappings")
    .option(
      "--rejects <file>",
      "where rows that failed are written (default: FILE.rejects.csv here)",
    )
    .addHelpText(
      "after",
      examples(
        'mkt publish --title "Reading lamp" --price 25.00 --stock 3 --category Lighting --image lamp.jpg',
        "mkt publish --from catalogue.csv --mapping fixtures/mappings/ikea.yaml --create-categories --as shop@example.com",
      ),
    )
    .action(async (options) => {
      const { from, mapping } = options;
      if (from !== undefined || mapping !== undefined) {
        if (from === undefined || mapping === undefined)
          throw new MktError("usage", "--from and --mapping go together");
        return publishRows({ ...options, from, mapping }, mkt);
      }
      const { title, price, stock } = options;
      if (title === undefined || price === undefined || stock === undefined) {
        throw new MktError("usage", "a publication needs --title, --price and --stock", {
          hint: "or --from and --mapping",
        });
      }
      const { profile } = mkt.deps();
      const currency = options.currency ? currencyCode(options.currency) : profile.currency;
      const draft = {
        title,
        description: options.description,
        keywords: options.keywords,
        language: options.language ?? profile.language,
        priceMinor: parseMoney(price, currency),
        currency,
        stock,
        categories: options.category ?? [],
        images: await readImages(options.image),
        externalId: options.externalId ?? null,
      };
      const actor = await mkt.actor("publish");
      const createCategories = options.createCategories === true;
      const page = await publish({ actor, draft, createCategories }, mkt.deps());
      mkt.print(
        page,
        ({ id }) =>
          `Published ${page.title} for ${formatMinor(page.priceMinor, currency)} (publication ${id})`,
      );
    });
}

interface FileOptions {
  from: string;
  mapping: string;
  rejects?: string | undefined;
  createCategories?: true | undefined;
}

async function publishRows(
  { from, mapping: mappingFile, rejects, createCategories }: FileOptions,
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
      stopping: mkt.stopping(),
      progress: (phase, done, total, failures) =>
        bar.update(done, { failures, total, label: phase }),
    },
    mkt.deps(),
  ).finally(() => bar.done());
  const rejectsFile = report.rejects.length > 0 ? await writeRejects(report, rejects, from) : null;
  if (report.rejects.length > 0) mkt.setExitCode(ROWS_FAILED_EXIT);
  const { rows, created, alreadyThere, merged } = report;
  const summary = {
    rows,
    created,
    alreadyThere,
    merged,
    rejected: report.rejects.length,
    rejectsFile,
  };
  mkt.print(summary, ({ rejected }) =>
    [
      `${rows} rows: ${created} published, ${alreadyThere} there already, ${merged} merged by their id into those, ${rejected} rejected`,
      ...(rejectsFile ? [`rejected rows, with line and reason: ${rejectsFile}`] : []),
    ].join("\n"),
  );
}
