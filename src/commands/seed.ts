import { rename, writeFile } from "node:fs/promises";
import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { SEED_DEFAULTS, type SeedParameters } from "../domain/seed/parameters.ts";
import type { PlantedTruth } from "../domain/seed/plants.ts";
import { MktError } from "../errors.ts";
import { type Seeded, seed } from "../operations/seed.ts";
import { progressBar } from "../output/progress.ts";
import { confirm } from "../output/prompt.ts";
import { examples, positiveInteger, time, wholeNumber } from "./parse.ts";

export function registerSeed(program: Command, mkt: Context): void {
  program
    .command("seed")
    .summary("make a believable world of users, publications and orders")
    .description(
      "Make a believable world: sellers of very different size, prices by category, seasons and hours, visits and searches of those who buy and those who do not, questions, late and lost parcels, refusals, reviews, disputes, and fraud where it is asked for. " +
        "It follows from the seed and the other numbers alone: the same again is the same world, on any day, and changes nothing where it is there already. Orders that are open when it ends stay open, and no timer touches them. " +
        "For operators. mkt unseed RUN takes it away again.",
    )
    .requiredOption("--seed <n>", "what chance follows from", wholeNumber)
    .option("--users <n>", "how many users", positiveInteger, SEED_DEFAULTS.users)
    .option(
      "--publications <n>",
      "how many publications",
      positiveInteger,
      SEED_DEFAULTS.publications,
    )
    .option("--orders <n>", "how many orders", positiveInteger, SEED_DEFAULTS.orders)
    .option("--days <n>", "how long sales go on", positiveInteger, SEED_DEFAULTS.days)
    .option("--until <time>", "when the world ends", time, SEED_DEFAULTS.until)
    .option("--fraud-rings <n>", "accounts that share cards, are refused, and complain", count, 0)
    .option("--wash-trading <n>", "sellers who buy and praise their own goods", count, 0)
    .option("--collusion <n>", "sellers and reviewers who give each other five stars", count, 0)
    .option(
      "--truth <file>",
      "where the truth about planted fraud goes (default: seed-RUN.truth.json)",
    )
    .option(
      "--direct",
      "write to Aurora alone, for very many orders: pages follow, nothing is asked",
    )
    .option("--dry-run", "say what would be made, and make nothing")
    .addHelpText(
      "after",
      examples(
        "mkt seed --seed 42",
        "mkt seed --seed 42 --users 1000 --publications 5000 --orders 20000 --days 180",
        "mkt seed --seed 7 --fraud-rings 3 --wash-trading 2 --collusion 2 --truth truth.json",
        "mkt seed --seed 1 --users 50000 --publications 100000 --orders 1000000 --direct",
      ),
    )
    .action(async ({ direct = false, dryRun = false, truth, ...numbers }) => {
      const actor = await mkt.actor("seed");
      const { language, currency, timeZone, name } = mkt.config().profile;
      const parameters: SeedParameters = { ...numbers, language, currency, timeZone };
      if (!dryRun && name !== "local") await askFirst(parameters, mkt);
      const bar = progressBar({
        stream: mkt.streams.stderr,
        terminal: mkt.messages,
        label: "seeding",
        total: 0,
      });
      const signal = mkt.stopping();
      const progress = (done: number, total: number, label: string) =>
        bar.update(done, { total, label });
      const wanted = { actor, parameters, direct, dryRun, signal, progress };
      const seeded = await seed(wanted, mkt.deps()).finally(bar.done);
      const { planted, ...made } = seeded;
      const file = truth ?? (planted.length > 0 ? `seed-${seeded.run}.truth.json` : null);
      if (file !== null && !dryRun) await writeTruth(file, seeded);
      mkt.print({ ...made, truth: dryRun ? null : file }, () => seededText(seeded, file));
    });
}

function count(text: string): number {
  const number = wholeNumber(text);
  return Math.max(0, number);
}

async function askFirst({ orders }: SeedParameters, mkt: Context): Promise<void> {
  const { name } = mkt.config().profile;
  const { stdin, stderr } = mkt.streams;
  const { input, yes } = mkt.options();
  const question = `Seed ${orders} made-up orders into the marketplace of profile ${name}?`;
  if (await confirm(question, { stdin, stderr, input: input !== false, yes: yes === true })) return;
  throw new MktError("interrupted", "nothing was seeded");
}

/** Written whole or not at all. */
async function writeTruth(file: string, { run, planted }: Seeded): Promise<void> {
  const text = `${JSON.stringify({ run, planted: planted satisfies PlantedTruth[] }, null, 2)}\n`;
  try {
    await writeFile(`${file}.part`, text);
    await rename(`${file}.part`, file);
  } catch (cause) {
    throw new MktError("invalid", `the truth cannot be written to ${file}`, { cause });
  }
}

const OUTCOMES = {
  made: "Made",
  there: "There already:",
  planned: "Would make",
} as const;

function seededText(seeded: Seeded, truth: string | null): string {
  const { run, outcome, users, categories, publications, orders } = seeded;
  const things = `${users} users, ${publications} publications in ${categories} categories and ${orders} orders`;
  const lines = [`${OUTCOMES[outcome]} run ${run}: ${things}`];
  if (truth !== null && outcome !== "planned") lines.push(`What was planted stands in ${truth}`);
  if (outcome !== "planned") lines.push(`mkt unseed ${run} takes it away again`);
  return lines.join("\n");
}
