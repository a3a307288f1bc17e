import { createHash } from "node:crypto";
import { access, constants } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { type Input, openInput } from "../input/open-input.ts";
import type { RowOptions } from "../input/open-rows.ts";
import type { BulkCommand, RowSource } from "../operations/bulk/bulk-command.ts";
import { type CheckedRow, checkFile } from "../operations/bulk/check-file.ts";
import { writeResults } from "../operations/bulk/results-file.ts";
import { type RunReport, runFile } from "../operations/bulk/run-file.ts";
import { type Progress, progressBar } from "../output/progress.ts";
import type { Column } from "../output/table.ts";
import { printRows } from "./print-rows.ts";
import { type RowColumn, rowReader } from "./row-values.ts";

export interface RowsOptions extends RowOptions {
  from?: string;
  onError: "stop" | "skip";
  jobs: number;
  results?: string;
  again?: true;
}

/** A command whose rows are to be done. */
export interface Rows<Row, Value> {
  command: CommandUnknownOpts;
  bulk: BulkCommand<Row, Value>;
  columns: readonly RowColumn[];
  /** What the command line says of every row. */
  given: Readonly<Record<string, unknown>>;
}

const ROWS_FAILED_EXIT = 8;

/** Runs a command over a file, writes its results and prints how it went. */
export async function startRows<Row, Value>(
  rows: Rows<Row, Value>,
  options: RowsOptions,
  mkt: Context,
): Promise<void> {
  const { bulk, given } = rows;
  const stopping = mkt.stopping();
  await using opened = await openInput(options.from ?? "-", { stdin: mkt.streams.stdin, stopping });
  const input = sourceOf(opened, options);
  const resultsFile = options.results ?? defaultResults(opened.name);
  await requireWritable(resultsFile);
  const runner = { actor: await mkt.actor(bulk.name), reason: mkt.options().reason };
  const bar = barOf(bulk.name, mkt);
  const report = await runFile(
    {
      command: bulk,
      input,
      reader: rowReader(rows.columns, bulk, given, opened.name),
      runner,
      options: {
        given: Object.fromEntries(Object.entries(given).filter(([name]) => !isSecret(bulk, name))),
        secret: secretDigest(bulk, given),
        path: options.from === "-" ? null : resolve(options.from ?? ""),
        results: resolve(resultsFile),
        format: { ...formatOf(options) },
      },
      again: options.again === true,
      jobs: options.jobs,
      onError: options.onError,
      stopping,
      progress: (lines, total, failures) => bar.update(lines, { total, failures }),
    },
    mkt.deps(),
  ).finally(() => bar.done());
  await endRows({ report, input, resultsFile, secret: bulk.secret ?? [] }, mkt);
}

/** Writes the results of a run and prints how it stands; its exit code says whether every row was done. */
export async function endRows(
  {
    report,
    input,
    resultsFile,
    secret,
  }: { report: RunReport; input: RowSource; resultsFile: string; secret: readonly string[] },
  mkt: Context,
): Promise<void> {
  const { halt, wasFinished, undone, kept, ...counts } = report;
  const { runId, rows, done, failed } = counts;
  const skipped = rows - done - failed;
  if (halt === "interrupted") {
    throw new MktError("interrupted", `stopped after ${done + failed} of ${rows} rows`, {
      hint: `mkt bulk resume ${runId}, or the same command again`,
    });
  }
  await writeResults({ runId, input, secret, path: resultsFile }, mkt.deps());
  if (failed + skipped > 0) mkt.setExitCode(ROWS_FAILED_EXIT);
  if (wasFinished) {
    const more = failed > 0 ? `; mkt bulk resume ${runId} tries again what failed` : "";
    mkt.notice(`done before as run ${runId}: nothing is done again${more}; --again begins anew`);
  }
  mkt.print({ ...counts, skipped, resultsFile }, () =>
    [
      countsText(report),
      `what became of each row: ${resultsFile}`,
      skipped > 0
        ? `mkt bulk resume ${runId} does the rest, and tries again what failed`
        : `run ${runId}: mkt bulk show ${runId}`,
    ].join("\n"),
  );
}

type Counts = Pick<
  RunReport,
  "rows" | "done" | "already" | "failed" | "undone" | "kept" | "byCode"
>;

/** How many rows came to what, in a line. */
export function countsText({ rows, done, already, failed, undone, kept, byCode }: Counts): string {
  const notBegun = rows - done - failed - undone - kept;
  return [
    `${rows} ${rows === 1 ? "row" : "rows"}: ${done} done`,
    ...(already > 0 ? [`${already} of them so already`] : []),
    ...(failed > 0 ? [`${failed} failed (${codesText(byCode)})`] : []),
    ...(undone > 0 ? [`${undone} undone`] : []),
    ...(kept > 0 ? [`${kept} kept`] : []),
    ...(notBegun > 0 ? [`${notBegun} not begun`] : []),
  ].join(", ");
}

/** What a dry run prints. */
export const CHECKED_COLUMNS: readonly Column<CheckedRow>[] = [
  { key: "line", header: "LINE", kind: "number", value: ({ line }) => line },
  { key: "outcome", header: "OUTCOME", kind: "state", value: ({ outcome }) => outcome },
  { key: "subjectId", header: "ID", kind: "id", value: ({ subjectId }) => subjectId },
  { key: "from", header: "FROM", value: ({ from }) => from },
  { key: "to", header: "TO", value: ({ to }) => to },
  { key: "summary", header: "WHAT", value: ({ summary }) => summary },
  { key: "code", header: "CODE", value: ({ code }) => code },
  { key: "reason", header: "REASON", value: ({ reason }) => reason },
];

/** Prints what each row of a file would come to, and on stderr how many to what. */
export async function checkRows<Row, Value>(
  rows: Rows<Row, Value>,
  options: RowsOptions,
  mkt: Context,
): Promise<void> {
  const { bulk } = rows;
  const stopping = mkt.stopping();
  await using opened = await openInput(options.from ?? "-", { stdin: mkt.streams.stdin, stopping });
  const runner = { actor: await mkt.actor(bulk.name), reason: mkt.options().reason };
  const bar = barOf(`${bulk.name}, dry run`, mkt);
  const checked = checkFile(
    {
      command: bulk,
      input: sourceOf(opened, options),
      reader: rowReader(rows.columns, bulk, rows.given, opened.name),
      runner,
      jobs: options.jobs,
      stopping,
      progress: (lines, total, failures) => bar.update(lines, { total, failures }),
    },
    mkt.deps(),
  );
  const counts = { would_do: 0, already: 0, would_fail: 0 };
  const byCode: Record<string, number> = {};
  const counted = async function* () {
    for await (const row of checked) {
      counts[row.outcome] += 1;
      if (row.code !== null) byCode[row.code] = (byCode[row.code] ?? 0) + 1;
      yield row;
    }
  };
  try {
    await printRows(counted(), CHECKED_COLUMNS, mkt);
  } finally {
    bar.done();
  }
  const { would_do: wouldDo, already, would_fail: wouldFail } = counts;
  const told = [
    `nothing was changed; ${wouldDo} would be done`,
    ...(already > 0 ? [`${already} ${already === 1 ? "is" : "are"} so already`] : []),
    ...(wouldFail > 0 ? [`${wouldFail} would fail (${codesText(byCode)})`] : []),
  ];
  mkt.notice(told.join(", "));
  if (wouldFail > 0) mkt.setExitCode(ROWS_FAILED_EXIT);
}

const codesText = (byCode: Readonly<Record<string, number>>) =>
  Object.entries(byCode)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, count]) => `${count} ${code}`)
    .join(", ");

/** An open file as rows to be done. */
export function sourceOf(input: Input, options: RowOptions): RowSource {
  const format = formatOf(options);
  return { name: input.name, read: () => input.rows(format), digest: () => input.digest() };
}

function formatOf({ delimiter, encoding }: RowOptions): Pick<RowOptions, "delimiter" | "encoding"> {
  return { ...(delimiter !== undefined && { delimiter }), ...(encoding && { encoding }) };
}

export function barOf(label: string, mkt: Context): Progress {
  return progressBar({ stream: mkt.streams.stderr, terminal: mkt.messages, label, total: 0 });
}

function defaultResults(name: string): string {
  return `${basename(name).replace(/(\.(csv|ndjson|jsonl))?(\.gz)?$/i, "")}.results.csv`;
}

/** A place without room for the results is told before anything is done. */
export async function requireWritable(path: string): Promise<void> {
  await access(dirname(resolve(path)), constants.W_OK).catch((cause: unknown) => {
    throw new MktError("invalid", `the results cannot be written to ${path}`, {
      hint: "--results FILE names another place",
      cause,
    });
  });
}

function isSecret({ secret = [] }: Pick<BulkCommand<never, unknown>, "secret">, name: string) {
  return secret.includes(name);
}

/** Kept in place of what is secret: who gives something else begins another run. */
function secretDigest(
  bulk: Pick<BulkCommand<never, unknown>, "secret">,
  given: Readonly<Record<string, unknown>>,
): string | null {
  const secrets = Object.entries(given).filter(([name]) => isSecret(bulk, name));
  if (secrets.length === 0) return null;
  return createHash("sha256").update(JSON.stringify(secrets.sort())).digest("hex");
}
