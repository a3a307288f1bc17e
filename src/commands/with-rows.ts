import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { newId } from "../domain/ids.ts";
import { MktError } from "../errors.ts";
import type { BulkCommand } from "../operations/bulk/bulk-command.ts";
import { withColumns } from "./columns.ts";
import { positiveInteger } from "./parse.ts";
import { columnOfArgument, columnOfOption, type RowColumn } from "./row-values.ts";
import { CHECKED_COLUMNS, checkRows, type RowsOptions, startRows } from "./run-rows.ts";

/** A command that also takes its arguments from the rows of a file. */
export interface CommandWithRows {
  bulk: BulkCommand<unknown, unknown>;
  columns: readonly RowColumn[];
}

const known = new WeakMap<CommandUnknownOpts, CommandWithRows>();

const FILE_OPTIONS = "With --from:";
const JOBS = 4;
const JOBS_LIMIT = 32;
/** Those of a file, whose names no row has. */
const OWN_OPTIONS = [
  "from",
  "dryRun",
  "onError",
  "jobs",
  "results",
  "again",
  "delimiter",
  "encoding",
] as const;

/**
 * Gives a command `--from FILE`, which does for every row of a file what the command does for its arguments, and
 * `--dry-run`. To be called when its arguments and options are declared, in place of `.action()`:
 *
 *     const BULK: BulkCommand<{ order: string; handedOver?: boolean }, Shipment> = { name: "ship", … };
 *     withRows(program.command("ship").argument("<order>").option("--handed-over"), BULK, mkt, (shipment) => "…");
 *
 * A row has the arguments by their names and the options as commander names them, read by the same parsers; both
 * are the columns that a file may have, and those that are required stay so. `print` shows what the single form
 * did.
 */
export function withRows<Row, Value>(
  command: CommandUnknownOpts,
  bulk: BulkCommand<Row, Value>,
  mkt: Context,
  print: (value: Value) => string,
): void {
  const columns = [
    ...command.registeredArguments.map(columnOfArgument),
    ...command.options.map(columnOfOption),
  ];
  known.set(command, { bulk: bulk as unknown as CommandWithRows["bulk"], columns });
  // With --from they stand in the file, so that commander must not ask for them.
  for (const argument of command.registeredArguments) argument.required = false;
  for (const option of command.options) option.mandatory = false;
  for (const option of fileOptions()) command.addOption(option);
  command.addHelpText("after", columnsText(columns));
  withColumns(command, [], { "--dry-run": CHECKED_COLUMNS });

  command.action(async () => {
    // The options are those that `fileOptions` declares.
    const options = command.opts() as unknown as RowsOptions & { dryRun?: true };
    const { from, dryRun } = options;
    const given = givenTo(command, columns);
    if (from !== undefined) {
      if (command.args.length > 0)
        throw new MktError("usage", "--from stands in place of arguments: give one or the other");
      const rows = { command, bulk, columns, given };
      return dryRun ? checkRows(rows, options, mkt) : startRows(rows, options, mkt);
    }
    refuseFileOptions(command);
    const row = given as Row;
    requireAll(columns, given);
    const actor = await mkt.actor(bulk.name);
    const deps = mkt.deps();
    if (dryRun) {
      mkt.print(await bulk.plan(row, { actor }, deps), ({ subjectKind, subjectId, summary }) =>
        [subjectKind, subjectId ?? "", `would be: ${summary}`].filter(Boolean).join(" "),
      );
      return;
    }
    const who = { actor, key: newId(), since: deps.now(), again: false };
    const before = (await bulk.before?.(row, who, deps)) ?? null;
    const done = await bulk.apply(row, { ...who, before }, deps);
    mkt.print(done.value, print);
  });
}

/** The command with rows that is called so, among all of a program. */
export function commandWithRows(
  program: CommandUnknownOpts,
  name: string,
): (CommandWithRows & { command: CommandUnknownOpts }) | undefined {
  const found = known.get(program);
  if (found?.bulk.name === name) return { ...found, command: program };
  for (const inner of program.commands) {
    const deeper = commandWithRows(inner, name);
    if (deeper) return deeper;
  }
  return undefined;
}

export function rootOf(command: CommandUnknownOpts): CommandUnknownOpts {
  let root = command;
  while (root.parent) root = root.parent;
  return root;
}

/** How rows are done: of every command with rows, and of going on with them. */
export function workOptions() {
  return {
    onError: new Option("--on-error <what>", "after a row that failed: go on, or stop")
      .choices(["skip", "stop"] as const)
      .default("skip" as const),
    jobs: new Option("--jobs <n>", "so many rows at once, at most 32")
      .argParser(jobs)
      .default(JOBS),
    results: new Option(
      "--results <file>",
      "each row with what became of it, CSV or .ndjson (default: NAME.results.csv here)",
    ),
  };
}

function columnsText(columns: readonly RowColumn[]): string {
  const names = columns.map(({ name, required }) => (required ? name : `[${name}]`));
  return `\nColumns of a file: ${[...names, "[as]"].join(", ")}`;
}

function fileOptions(): Option[] {
  return [
    new Option("--from <file>", "do it for each row of CSV or NDJSON, plain or gzip; - is stdin"),
    new Option(
      "--dry-run",
      "only say what would be done, each row against the data as they are now",
    ),
    ...[
      ...Object.values(workOptions()),
      new Option("--again", "begin anew though the same file was done before"),
      new Option("--delimiter <character>", "between cells (default: a comma)"),
      new Option("--encoding <name>", "default: UTF-8").choices([
        "utf-8",
        "utf-16le",
        "utf-16be",
        "latin1",
      ]),
    ].map((option) => option.helpGroup(FILE_OPTIONS)),
  ];
}

function jobs(text: string): number {
  const count = positiveInteger(text);
  if (count <= JOBS_LIMIT) return count;
  throw new MktError("usage", `at most ${JOBS_LIMIT} rows at once`);
}

/** What the command line says of a row: arguments and options by their names, those that are there. */
function givenTo(
  command: CommandUnknownOpts,
  columns: readonly RowColumn[],
): Record<string, unknown> {
  const options: Record<string, unknown> = command.opts();
  const named = columns.map(({ name }, index): [string, unknown] => {
    const isArgument = index < command.registeredArguments.length;
    return [name, isArgument ? command.processedArgs[index] : options[name]];
  });
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}

/** As commander says it of arguments and options that are required. */
function requireAll(columns: readonly RowColumn[], given: Readonly<Record<string, unknown>>): void {
  const missing = columns.find(({ name, required }) => required && given[name] === undefined);
  if (!missing) return;
  throw new MktError("usage", `missing required argument '${missing.alias}'`, {
    hint: "or --from FILE, with a row for each; the command with --help shows how",
  });
}

function refuseFileOptions(command: CommandUnknownOpts): void {
  const own = OWN_OPTIONS.filter((name) => name !== "from" && name !== "dryRun");
  const found = command.options.find(
    (option) =>
      (own as readonly string[]).includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (found) throw new MktError("usage", `${found.long} goes with --from`);
}
