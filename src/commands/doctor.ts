import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { type Fault, LAWS, REPAIRS } from "../domain/law.ts";
import { ERRORS, MktError } from "../errors.ts";
import { lawsNamed } from "../operations/doctor/doctor.ts";
import { type Examination, examine } from "../operations/doctor/examine.ts";
import { renderValue } from "../output/formats.ts";
import { progressBar } from "../output/progress.ts";
import { confirm } from "../output/prompt.ts";
import { safeLine } from "../output/safe-text.ts";
import { renderTable } from "../output/table.ts";
import { examples, positiveInteger } from "./parse.ts";

const FAULTS_KEPT = 1_000;
const PLAN_SHOWN = 20;

export function registerDoctor(program: Command, mkt: Context): void {
  program
    .command("doctor")
    .summary("check that everything adds up")
    .description(
      "Check the laws of the marketplace on its live data, in all stores; exit 9 when something is wrong. Amounts are in minor units, such as cents.\n" +
        "--repair shows what it would mend, asks, mends it and checks again. For operators; support may check.",
    )
    .option("--only <laws>", "only these laws, separated by commas", lawsNamed)
    .option("--repair", "mend what is safe to mend")
    .option("--dry-run", "with --repair: only show what would be mended")
    .option("--limit <n>", "show and mend at most so many faults", positiveInteger, FAULTS_KEPT)
    .addHelpText("after", `\nLaws:\n${lawTexts()}`)
    .addHelpText(
      "after",
      examples(
        "mkt doctor",
        "mkt doctor --only ledger-balances,pages-match-rows",
        "mkt doctor --repair --dry-run",
        "mkt doctor --repair --yes --json",
        "mkt doctor -o ndjson",
      ),
    )
    .action(async ({ only: laws = [], repair, dryRun, limit }) => {
      if (dryRun && !repair) throw new MktError("usage", "--dry-run goes with --repair");
      const actor = await mkt.actor("doctor");
      const { stderr, stdout } = mkt.streams;
      const bar = progressBar({
        stream: stderr,
        terminal: mkt.messages,
        label: "checking",
        total: 0,
      });
      const streams = mkt.format() === "ndjson" && !repair;
      const found = await examine(
        {
          actor,
          laws,
          limit,
          stopping: mkt.stopping(),
          progress: (label, done, total) => bar.update(done, { label, total }),
          approve: repair ? (plan) => approve(plan, dryRun === true, mkt) : undefined,
          ...(streams && {
            onFault: (fault: Fault) => void stdout.write(renderValue("ndjson", fault)),
          }),
        },
        mkt.deps(),
      ).finally(() => bar.done());
      if (found.laws.some(({ wrong }) => wrong > 0)) mkt.setExitCode(ERRORS.check_failed.exit);
      if (mkt.format() !== "ndjson") mkt.print(found, (all) => human(all, mkt));
      else if (!streams)
        for (const fault of found.faults) stdout.write(renderValue("ndjson", fault));
    });
}

/** Shows what would be mended, on stderr, and asks whether it may be. */
async function approve(plan: readonly Fault[], dryRun: boolean, mkt: Context): Promise<boolean> {
  mkt.notice("to be mended:");
  for (const fault of plan.slice(0, PLAN_SHOWN)) mkt.notice(`  ${step(fault)}`);
  if (plan.length > PLAN_SHOWN) mkt.notice(`  and ${plan.length - PLAN_SHOWN} more`);
  if (dryRun) return false;
  const { stdin, stderr } = mkt.streams;
  const { input, yes } = mkt.options();
  const asking = { stdin, stderr, input: input !== false, yes: yes === true };
  return confirm(plan.length === 1 ? "Mend it?" : `Mend these ${plan.length}?`, asking);
}

const step = ({ kind, id, repair }: Fault): string =>
  `${kind} ${id}: ${repair === null ? "" : REPAIRS[repair]}`;

function human({ laws, faults, repaired, orphanImages }: Examination, mkt: Context): string {
  const table = renderTable(
    laws,
    [
      { key: "law", header: "LAW", value: ({ law }) => law },
      { key: "checked", header: "CHECKED", kind: "number", value: ({ checked }) => checked },
      { key: "wrong", header: "WRONG", kind: "number", value: ({ wrong }) => wrong },
      { key: "pending", header: "PENDING", kind: "number", value: ({ pending }) => pending },
    ],
    mkt.terminal,
    { wide: false },
  );
  const wrong = laws.reduce((sum, law) => sum + law.wrong, 0);
  const mendable = faults.filter(({ repair }) => repair !== null).length;
  return [
    table.trimEnd(),
    ...faults.map(
      ({ law, kind, id, orderId, problem }) =>
        `${law}: ${kind} ${id}${orderId && orderId !== id ? ` (order ${orderId})` : ""}: ${safeLine(problem)}`,
    ),
    ...(wrong > faults.length ? [`and ${wrong - faults.length} more`] : []),
    ...repaired.map(
      ({ kind, id, repair, problem }) =>
        `${problem === null ? "mended" : "not mended"}: ${kind} ${id}: ${safeLine(problem ?? REPAIRS[repair])}`,
    ),
    ...(orphanImages > 0 ? [`${orphanImages} images are shown nowhere, which harms nobody`] : []),
    wrong === 0
      ? "Nothing is wrong"
      : `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong${mendable > 0 ? `; mkt doctor --repair can mend ${mendable}` : ""}`,
  ].join("\n");
}

function lawTexts(): string {
  return Object.entries(LAWS)
    .map(([law, text]) => `  ${law.padEnd(26)}${text}`)
    .join("\n");
}
