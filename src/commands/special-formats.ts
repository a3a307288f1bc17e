import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { MktError } from "../errors.ts";
import { FORMATS, type Format, SPECIAL_FORMATS, type SpecialFormat } from "../output/formats.ts";

const HINTS: Readonly<Record<SpecialFormat, { only: string; hint: string }>> = {
  junit: { only: "mkt run reports as junit", hint: "use -o json" },
  parquet: {
    only: "mkt export, mkt sql and mkt report write Parquet",
    hint: "mkt export orders -o parquet --out orders.parquet",
  },
  html: {
    only: "mkt report and mkt dispute dossier write pages",
    hint: "mkt report sales -o html --out sales.html",
  },
};

const known = new WeakMap<CommandUnknownOpts, readonly SpecialFormat[]>();

/** Remembers the formats that a command prints besides those that every command does; gives the command. */
export function withFormats<C extends CommandUnknownOpts>(
  command: C,
  ...formats: SpecialFormat[]
): C {
  known.set(command, formats);
  return command;
}

/** Every format that a command prints. */
export const formatsOf = (command: CommandUnknownOpts): readonly Format[] => [
  ...FORMATS,
  ...(known.get(command) ?? []),
];

/** Refuses, before a command does anything, a format that it could not print what it did in. */
export function refuseFormat(command: CommandUnknownOpts, format: Format): void {
  const special = SPECIAL_FORMATS.find((each) => each === format);
  if (special === undefined || formatsOf(command).includes(special)) return;
  const { only, hint } = HINTS[special];
  throw new MktError("usage", `only ${only}`, { hint });
}
