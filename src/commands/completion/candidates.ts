import { Argument, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import { ERROR_GUIDE } from "../../domain/error-guide.ts";
import { statesOf } from "../../domain/transitions.ts";
import type { Completable, Completion } from "../../operations/complete-id.ts";
import { columnsOf } from "../columns.ts";

/** What can stand where the cursor is. */
export type Expected =
  | { what: "words"; words: Completion[] }
  | { what: "ids"; kinds: readonly Completable[]; typed: string; before: string }
  | { what: "files" };

/** A command line up to the cursor, taken apart. */
interface Line {
  command: CommandUnknownOpts;
  /** The option whose value stands at the cursor. */
  pending: Option | undefined;
  /** How many arguments stand before the cursor. */
  given: number;
  /** After `--` nothing is an option. */
  ended: boolean;
  /** Values of the options that completion itself looks at. */
  values: Map<string, string>;
  /** The flags without a value, by their long names. */
  flags: Set<string>;
}

/** How arguments and the values of options are called in help texts, and what they stand for. */
const KINDS: Readonly<Record<string, readonly Completable[]>> = {
  order: ["order"],
  payment: ["payment"],
  shipment: ["shipment"],
  dispute: ["dispute"],
  purchase: ["purchase"],
  publication: ["publication"],
  publications: ["publication"],
  target: ["order", "purchase"],
  user: ["user"],
  seller: ["user"],
  buyer: ["user"],
  email: ["user"],
};
const FILES = new Set(["file", "files", "path", "folder", "directory", "command"]);

/** What can stand as the last of these words, and the options before it that say who asks, and where. */
export function expectedAt(
  program: CommandUnknownOpts,
  words: readonly string[],
): { expected: Expected; profile: string | undefined; as: string | undefined } {
  const typed = words.at(-1) ?? "";
  const line = readLine(program, words.slice(0, -1));
  const [profile, as] = [line.values.get("profile"), line.values.get("as")];
  return { expected: expected(line, typed), profile, as };
}

function readLine(program: CommandUnknownOpts, words: readonly string[]): Line {
  const line: Line = {
    command: program,
    pending: undefined,
    given: 0,
    ended: false,
    values: new Map(),
    flags: new Set(),
  };
  for (const word of words) {
    if (line.pending) {
      line.values.set(line.pending.attributeName(), word);
      line.pending = undefined;
    } else if (line.ended || !isOption(word)) {
      const inside = line.given === 0 && !line.ended;
      const below = inside ? subcommand(line.command, word) : undefined;
      if (below) line.command = below;
      // After `help` come the names of commands, as without it.
      else if (inside && word === "help" && line.command.commands.length > 0) continue;
      else line.given += 1;
    } else if (word === "--") {
      line.ended = true;
    } else {
      const [name = "", ...rest] = word.split("=");
      const option = findOption(line.command, name);
      if (!option) continue;
      if (option.isBoolean()) line.flags.add(option.long ?? name);
      else if (rest.length > 0) line.values.set(option.attributeName(), rest.join("="));
      else line.pending = option;
    }
  }
  return line;
}

function expected(line: Line, typed: string): Expected {
  const { command, pending, given, ended } = line;
  const ofOption = (option: Option, value: string, before: string) =>
    option.attributeName() === "columns"
      ? columns(line, value, before)
      : valuesOf(option, option.flags, value, before);
  if (pending) return ofOption(pending, typed, "");
  const assigned = /^(--[a-z-]+=)(.*)$/s.exec(typed);
  if (!ended && assigned) {
    const [, before = "", value = ""] = assigned;
    const option = findOption(command, before.slice(0, -1));
    return option ? ofOption(option, value, before) : nothing;
  }
  if (!ended && isOption(typed)) return flags(command, typed);
  if (command.commands.length > 0) {
    if (given > 0) return nothing;
    const below = command.createHelp().visibleCommands(command);
    return offer(
      below.map((each) => ({
        value: each.name(),
        description: each.summary() || each.description(),
      })),
      typed,
      "",
    );
  }
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[given] ?? (last?.variadic ? last : undefined);
  if (argument) return valuesOf(argument, `<${argument.name()}>`, typed, "");
  return ended ? nothing : flags(command, typed);
}

const nothing: Expected = { what: "words", words: [] };
const isOption = (word: string) => word.startsWith("-") && word !== "-";

function subcommand(command: CommandUnknownOpts, word: string): CommandUnknownOpts | undefined {
  return command.commands.find((each) => each.name() === word || each.aliases().includes(word));
}

/** The command itself and those that it stands below: their options hold for it too. */
function chain(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return command.parent ? [command, ...chain(command.parent)] : [command];
}

function findOption(command: CommandUnknownOpts, name: string): Option | undefined {
  return chain(command)
    .flatMap(({ options }) => options)
    .find(({ short, long }) => name === short || name === long);
}

function flags(command: CommandUnknownOpts, typed: string): Expected {
  const options = chain(command).flatMap((each) => each.createHelp().visibleOptions(each));
  const words = options.map(({ long, short, description }) => ({
    value: long ?? short ?? "",
    description,
  }));
  // Each command has its own --help.
  const unique = new Map(words.reverse().map((word) => [word.value, word]));
  return offer([...unique.values()].reverse(), typed, "");
}

/** The columns, separated by commas, of the list that the command prints with the flags before the cursor. */
function columns({ command, flags: given }: Line, typed: string, before: string): Expected {
  const done = typed.slice(0, typed.lastIndexOf(",") + 1);
  const chosen = new Set(done.split(","));
  const all = columnsOf(command);
  const list = all.find(({ flag }) => flag !== null && given.has(flag))?.flag ?? null;
  const left = all.filter(({ key, flag }) => flag === list && !chosen.has(key));
  const words = left.map(({ key, header }) => ({ value: key, description: header.toLowerCase() }));
  return offer(words, typed.slice(done.length), before + done);
}

/** What an argument, or the value of an option, can be. `before` is what stands before it in its word. */
function valuesOf(
  thing: Argument | Option,
  shownAs: string,
  typed: string,
  before: string,
): Expected {
  const name = /[<[]([a-z-]+)/.exec(shownAs)?.[1] ?? "";
  if (thing.argChoices) return offer(thing.argChoices.map(plain), typed, before);
  if (name === "states") {
    const done = typed.slice(0, typed.lastIndexOf(",") + 1);
    return offer(statesOf("order").map(plain), typed.slice(done.length), before + done);
  }
  if (name === "code" && thing instanceof Argument) {
    const codes = Object.entries(ERROR_GUIDE);
    return offer(
      codes.map(([value, { meaning }]) => ({ value, description: meaning })),
      typed,
      before,
    );
  }
  if (FILES.has(name)) return { what: "files" };
  const kinds = KINDS[name];
  return kinds ? { what: "ids", kinds, typed, before } : nothing;
}

const plain = (value: string): Completion => ({ value, description: "" });

function offer(words: readonly Completion[], typed: string, before: string): Expected {
  const fitting = words.filter(({ value }) => value !== "" && value.startsWith(typed));
  return {
    what: "words",
    words: fitting.map((word) => ({ ...word, value: before + word.value })),
  };
}
