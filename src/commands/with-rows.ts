import { type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import type { Actor } from "../domain/actor.ts";
import { newId } from "../domain/ids.ts";
import { MktError } from "../errors.ts";
import type { BulkCommand, RowPlan } from "../operations/bulk/bulk-command.ts";
import { withColumns } from "./columns.ts";
import { positiveInteger } from "./parse.ts";
import { columnOfArgument, columnOfOption, type RowColumn } from "./row-values.ts";
import { CHECKED_COLUMNS, checkRows, type RowsOptions, startRows } from "./run-rows.ts";

/** A command that also takes its arguments from the rows of a file. */
export interface CommandWithRows {
  bulk: BulkCommand<unknown, unknown>;
  columns: readonly RowColumn[];
}

/** What is special about the rows of a command, or about its single form. */
export interface RowForm<Row> {
  /** Options that rows do not have: they say where the single form finds something, or lead another way. */
  except?: readonly string[];
  /** Arguments and options that a row must have, though commander does not ask for them. */
  needs?: readonly string[];
  /** What rows have besides arguments and options. `reason` is otherwise as --reason says. */
  more?: readonly RowColumn[];
  /** Asks for what rows have in columns of their own; gives it. */
  ask?: (row: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>;
  /** The single form is for those who are not logged in, too. */
  anonymous?: true;
  /** Told to whoever waits before the single form begins. */
  notice?: (row: Row, key: string) => string | undefined;
  /** Another way of the command, which it goes in place of both; undefined: it does not. */
  instead?: (options: {
    from?: string | undefined;
    dryRun?: true | undefined;
  }) => (() => Promise<void>) | undefined;
}

const NOBODY: Actor = { userId: "", roles: [], operatorId: null };

const known = new WeakMap<CommandUnknownOpts, CommandWithRows & { asked: readonly string[] }>();

const FILE_OPTIONS = "With --from:";
const JOBS = 4;
const JOBS_LIMIT = 32;
/** What only a file has. */
const FILE_ONLY = ["onError", "jobs", "results", "again", "delimiter", "encoding"];

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
  form: RowForm<Row> = {},
): void {
  const { except = [], more = [] } = form;
  const own = [
    ...command.registeredArguments.map(columnOfArgument),
    ...command.options.map(columnOfOption),
  ].map((column) => (form.needs?.includes(column.name) ? { ...column, required: true } : column));
  const columns = [...own.filter(({ name }) => !except.includes(name)), ...more];
  const asked = [
    ...command.registeredArguments.filter(({ required }) => required).map((one) => one.name()),
    ...command.options.filter(({ mandatory }) => mandatory).map(({ long }) => long ?? ""),
  ];
  known.set(command, { bulk: bulk as unknown as CommandWithRows["bulk"], columns, asked });
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
    if (from === undefined) refuseOptions(command, FILE_ONLY, "goes with --from");
    const otherWay = form.instead?.(options);
    if (otherWay) return otherWay();
    const given = givenTo(command, columns, mkt);
    if (from !== undefined) {
      if (command.args.length > 0)
        throw new MktError("usage", "--from stands in place of arguments: give one or the other");
      refuseOptions(command, except, "does not go with --from");
      const rows = { command, bulk, columns, given };
      return dryRun ? checkRows(rows, options, mkt) : startRows(rows, options, mkt);
    }
    requireAll(command, own, given);
    const actor = form.anonymous ? NOBODY : await mkt.actor(bulk.name);
    const row = { ...given, ...(await form.ask?.(given)) } as Row;
    const deps = mkt.deps();
    if (dryRun) {
      mkt.print(await bulk.plan(row, { actor }, deps), planText);
      return;
    }
    const who = { actor, key: newId(), since: deps.now(), again: false };
    const told = form.notice?.(row, who.key);
    if (told !== undefined) mkt.notice(told);
    // What was before is for repeating and undoing a row.
    const done = await bulk.apply(row, { ...who, before: null }, deps);
    mkt.print(done.value, print);
  });
}

/** The columns that a file of a command may have; none when it takes no file. */
export function rowColumnsOf(
  command: CommandUnknownOpts,
): { name: string; required: boolean; secret: boolean }[] {
  const { columns, bulk } = known.get(command) ?? { columns: [], bulk: undefined };
  return columns.map(({ name, required }) => {
    return { name, required, secret: bulk?.secret?.includes(name) === true };
  });
}

/** The arguments and flags that a command asks for, unless they stand in a file. */
export function askedWithoutFile(command: CommandUnknownOpts): readonly string[] {
  return known.get(command)?.asked ?? [];
}

function planText({ subjectKind, subjectId, from, to, summary }: RowPlan): string {
  const subject = subjectId === null ? subjectKind : `${subjectKind} ${subjectId}`;
  return from === to
    ? `Nothing would be done: ${subject} is so already`
    : `Would be done: ${subject}: ${summary}`;
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
  mkt: Context,
): Record<string, unknown> {
  const options: Record<string, unknown> = { reason: mkt.options().reason, ...command.opts() };
  const typed = new Map(
    command.registeredArguments.map((argument, index) => [
      columnOfArgument(argument).name,
      command.processedArgs[index],
    ]),
  );
  const named = columns.map(({ name }): [string, unknown] => {
    return [name, typed.has(name) ? typed.get(name) : options[name]];
  });
  const isThere = (value: unknown) => value !== undefined && !(Array.isArray(value) && !value[0]);
  return Object.fromEntries(named.filter(([, value]) => isThere(value)));
}

/** As commander says it of arguments and options that are required. */
function requireAll(
  command: CommandUnknownOpts,
  columns: readonly RowColumn[],
  given: Readonly<Record<string, unknown>>,
): void {
  const missing = columns.find(({ name, required }) => required && given[name] === undefined);
  if (!missing) return;
  const option = command.options.find((each) => each.attributeName() === missing.name);
  const what = option
    ? `required option '${option.flags}' not specified`
    : `missing required argument '${missing.alias}'`;
  throw new MktError("usage", what, {
    hint: "or --from FILE, with a row for each; the command with --help shows how",
  });
}

/** Refuses whatever only rows have, for another way of the command. */
export function refuseRowOptions(command: CommandUnknownOpts, why: string): void {
  refuseOptions(command, ["dryRun", ...FILE_ONLY], why);
}

/** The same for a way that can be rehearsed. */
export function refuseFileOptions(command: CommandUnknownOpts, why: string): void {
  refuseOptions(command, FILE_ONLY, why);
}

function refuseOptions(command: CommandUnknownOpts, names: readonly string[], why: string): void {
  const found = command.options.find(
    (option) =>
      names.includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (found) throw new MktError("usage", `${found.long} ${why}`);
}
