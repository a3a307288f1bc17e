import { EventEmitter } from "node:events";
import type { Argument, Command, CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { ERROR_GUIDE } from "../domain/error-guide.ts";
import { statesOf, TRANSITIONS } from "../domain/transitions.ts";
import { BUG_EXIT, ERRORS, type ErrorCode } from "../errors.ts";
import type { Format } from "../output/formats.ts";
import { type ColumnSchema, columnsOf } from "./columns.ts";
import { examples } from "./parse.ts";
import { formatsOf } from "./special-formats.ts";
import { askedWithoutFile, rowColumnsOf } from "./with-rows.ts";

interface ArgumentSchema {
  name: string;
  description: string;
  /** It must be there, unless it stands in the rows of --from. */
  required: boolean;
  variadic: boolean;
  choices: readonly string[] | null;
  default: unknown;
}

interface FlagSchema {
  name: string;
  short: string | null;
  /** What its value is called; null for a flag without one. */
  value: string | null;
  type: "boolean" | "number" | "string";
  description: string;
  required: boolean;
  choices: readonly string[] | null;
  default: unknown;
}

interface CommandSchema {
  path: string;
  aliases: readonly string[];
  summary: string;
  description: string;
  arguments: ArgumentSchema[];
  flags: FlagSchema[];
  /** What --output takes. */
  formats: readonly Format[];
  /** Of the list that it prints; none when it prints one thing. */
  columns: readonly ColumnSchema[];
  /** What the rows of a file with --from may have; none where it takes no file. */
  rowColumns: readonly { name: string; required: boolean; secret: boolean }[];
  examples: string[];
}

/** What `mkt schema` describes. Adding to it breaks nobody; taking away or renaming does. */
interface Schema {
  version: string;
  globalFlags: FlagSchema[];
  commands: CommandSchema[];
  errors: { code: string; exit: number; retry: boolean; meaning: string }[];
  machines: { machine: string; states: string[]; transitions: unknown[] }[];
}

export function registerSchema(program: Command, mkt: Context): void {
  program
    .command("schema")
    .summary("describe every command, error and state")
    .description(
      "Describe commands with their arguments, flags, columns and examples, error codes and states: as a tree for people, whole for programs with -o json or yaml.",
    )
    .addHelpText("after", examples("mkt schema", "mkt schema -o json"))
    .action(() => mkt.print(schemaOf(program), tree));
}

function schemaOf(program: CommandUnknownOpts): Schema {
  const machines = [...new Set(TRANSITIONS.map(({ machine }) => machine))];
  return {
    version: program.version() ?? "",
    globalFlags: flagsOf(program),
    commands: below(program, []),
    errors: [
      ...(Object.keys(ERRORS) as ErrorCode[]).map((code) => {
        return { code, ...ERRORS[code], meaning: ERROR_GUIDE[code].meaning };
      }),
      { code: "bug", exit: BUG_EXIT, retry: false, meaning: ERROR_GUIDE.bug.meaning },
    ],
    machines: machines.map((machine) => ({
      machine,
      states: statesOf(machine),
      transitions: TRANSITIONS.filter((row) => row.machine === machine).map(
        ({ machine: _, ...row }) => row,
      ),
    })),
  };
}

/** The commands that do something, in the order of help; hidden ones are nobody's interface. */
function below(command: CommandUnknownOpts, path: readonly string[]): CommandSchema[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help")
    .flatMap((each) => {
      const name = [...path, each.name()];
      return each.commands.length > 0 ? below(each, name) : [describe(each, name)];
    });
}

function describe(command: CommandUnknownOpts, path: readonly string[]): CommandSchema {
  const description = command.description();
  return {
    path: path.join(" "),
    aliases: command.aliases(),
    summary: command.summary() || description,
    description,
    arguments: command.registeredArguments.map((argument) => argumentOf(command, argument)),
    flags: flagsOf(command),
    formats: formatsOf(command),
    columns: columnsOf(command),
    rowColumns: rowColumnsOf(command),
    examples: examplesOf(command),
  };
}

function argumentOf(command: CommandUnknownOpts, argument: Argument): ArgumentSchema {
  const name = argument.name();
  return {
    name,
    description: argument.description,
    required: argument.required || askedWithoutFile(command).includes(name),
    variadic: argument.variadic,
    choices: argument.argChoices ?? null,
    default: argument.defaultValue ?? null,
  };
}

function flagsOf(command: CommandUnknownOpts): FlagSchema[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter(({ long }) => long !== "--help")
    .map((option) => ({
      name: option.long ?? option.short ?? "",
      short: option.short ?? null,
      value: /[<[](.+)[>\]]/.exec(option.flags)?.[1] ?? null,
      type: typeOf(option),
      description: option.description,
      required: option.mandatory || askedWithoutFile(command).includes(option.long ?? ""),
      choices: option.argChoices ?? null,
      default: option.defaultValue ?? null,
    }));
}

const NUMBERS = new Set(["n", "p"]);

function typeOf(option: Option): FlagSchema["type"] {
  if (option.isBoolean() || option.negate) return "boolean";
  const name = /[<[](.+)[>\]]/.exec(option.flags)?.[1] ?? "";
  return NUMBERS.has(name) ? "number" : "string";
}

/** The examples stand in the text that help adds at its end: commander keeps it as a listener only. */
function examplesOf(command: CommandUnknownOpts): string[] {
  const texts: string[] = [];
  const write = (text: string) => void texts.push(text);
  const listener: unknown = command;
  if (listener instanceof EventEmitter) {
    listener.emit("afterHelp", { error: false, command, write });
  }
  return [...texts.join("").matchAll(/^ {2}\$ (.+)$/gm)].map(([, line = ""]) => line);
}

function tree({ globalFlags, commands, errors, machines }: Schema): string {
  const lines = ["mkt"];
  for (const command of commands) {
    const words = command.arguments.map(({ name, required, variadic }) => {
      const word = variadic ? `${name}...` : name;
      return required ? `<${word}>` : `[${word}]`;
    });
    lines.push(`├─ ${[command.path, ...words].join(" ")}    ${command.summary}`);
    lines.push(...command.flags.map((flag) => `│    ${flagLine(flag)}`));
    lines.push(...columnLines(command.columns).map((line) => `│    ${line}`));
    const rows = command.rowColumns.map(({ name, required }) => (required ? name : `[${name}]`));
    if (rows.length > 0) lines.push(`│    rows of --from: ${rows.join(", ")}, [as]`);
  }
  lines.push("├─ with every command", ...globalFlags.map((flag) => `│    ${flagLine(flag)}`));
  lines.push("├─ errors (mkt explain CODE)");
  lines.push(
    ...errors.map(({ code, exit, retry }) => {
      return `│    ${String(exit).padStart(3)}  ${code}${retry ? "  (a repeat can help)" : ""}`;
    }),
  );
  lines.push("└─ states");
  for (const { machine, states } of machines) {
    lines.push(`     ${machine}: ${states.join(", ")}`);
  }
  return lines.join("\n");
}

/** The columns of each list that a command prints, in a line. */
function columnLines(columns: readonly ColumnSchema[]): string[] {
  const lists = [...new Set(columns.map(({ flag }) => flag))];
  return lists.map((flag) => {
    const keys = columns.filter((column) => column.flag === flag).map(({ key }) => key);
    return `${flag === null ? "columns" : `columns with ${flag}`}: ${keys.join(", ")}`;
  });
}

function flagLine({ name, short, value, required, choices, default: otherwise }: FlagSchema) {
  const names = short && short !== name ? `${short}, ${name}` : name;
  const shown = [value === null ? names : `${names} <${value}>`];
  if (choices) shown.push(choices.join("|"));
  if (required) shown.push("(required)");
  else if (otherwise !== null && otherwise !== "" && otherwise !== true)
    shown.push(`(default ${otherwise})`);
  return shown.join(" ");
}
