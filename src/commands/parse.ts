import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { parse } from "yaml";
import type { Context } from "../context.ts";
import { MktError } from "../errors.ts";
import { askPassword, readAll } from "../output/prompt.ts";

const LIMIT_MAX = 1_000;
const IMAGE_FILE_LIMIT_BYTES = 64 * 1024 * 1024;
const PASSWORD_LIMIT_BYTES = 4_096;
/** Timers take no longer time: about 24 days. */
const DURATION_LIMIT_MS = 2_147_483_647;
const LONG_DURATION_LIMIT_MS = 3_650 * 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

export function wholeNumber(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text) || 0;
  throw new InvalidArgumentError("it is not a whole number.");
}

export function positiveInteger(text: string): number {
  const number = wholeNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError("it must be above zero.");
}

export function limit(text: string): number {
  const number = positiveInteger(text);
  if (number <= LIMIT_MAX) return number;
  throw new InvalidArgumentError(`at most ${LIMIT_MAX}; go on with --page-token.`);
}

/** Seconds as `30`, `30s`, `5m`; gives milliseconds. */
export function duration(text: string): number {
  const match = /^(\d{1,6})(ms|s|m|h)?$/.exec(text);
  if (!match) throw new InvalidArgumentError("write it like 30s, 5m or 500ms.");
  const unit = UNIT_MS[match[2] ?? "s"] ?? 1_000;
  const milliseconds = Number(match[1]) * unit;
  if (milliseconds <= DURATION_LIMIT_MS) return milliseconds;
  throw new InvalidArgumentError("at most 24 days.");
}

/** Up to ten years, as `15m`, `2h30m`, `3d` or `1w`; gives milliseconds. */
export function longDuration(text: string): number {
  const isWhole = /^(\d{1,6}(ms|w|d|h|m|s))+$/.test(text);
  if (!isWhole) throw new InvalidArgumentError("write it like 15m, 2h30m, 3d or 1w.");
  let milliseconds = 0;
  for (const [, count = "", unit = ""] of text.matchAll(/(\d+)(ms|w|d|h|m|s)/g))
    milliseconds += Number(count) * (UNIT_MS[unit] ?? 0);
  if (milliseconds === 0) throw new InvalidArgumentError("it must be above zero.");
  if (milliseconds <= LONG_DURATION_LIMIT_MS) return milliseconds;
  throw new InvalidArgumentError("at most 10 years (3650d).");
}

/** A day or a time, as ISO-8601 in UTC; without a zone it is UTC, a day begins at midnight. */
export function time(text: string): string {
  const [day = "", clock] = text.split("T");
  const hasZone = clock === undefined || /(Z|[+-]\d{2}:\d{2})$/.test(clock);
  const at = new Date(TIME.test(text) ? `${text}${hasZone ? "" : "Z"}` : Number.NaN);
  // A day that the month does not have would become one of the next month.
  const isDay = new Date(day).toJSON()?.startsWith(day) === true;
  // PostgreSQL has no year zero, and other years than those of four digits are written another way.
  const isYear = /^(?!0000)\d{4}-/.test(at.toJSON() ?? "");
  if (!isDay || !isYear) {
    throw new InvalidArgumentError("write it like 2026-11-24 or 2026-11-24T10:00:00Z.");
  }
  return at.toISOString();
}

/** Adds to an option that may be given several times. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** `PUBLICATION` or `PUBLICATION:QUANTITY`. */
export function wanted(text: string): { publication: string; quantity: number } {
  const [publication = "", quantity = "1", ...rest] = text.split(":");
  if (rest.length > 0 || !/^\d{1,9}$/.test(quantity)) {
    throw new MktError("usage", `${JSON.stringify(text)} is not PUBLICATION[:QUANTITY]`);
  }
  return { publication, quantity: Number(quantity) };
}

/** Files named on the command line, as images to check. */
export async function readImages(
  paths: readonly string[] | undefined,
): Promise<{ name: string; bytes: Uint8Array }[]> {
  const images: { name: string; bytes: Uint8Array }[] = [];
  for (const path of paths ?? []) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) throw new MktError("not_found", `there is no file ${path}`);
    if (found.size > IMAGE_FILE_LIMIT_BYTES)
      throw new MktError("invalid", `${path} is too large for an image`);
    images.push({ name: basename(path), bytes: await readFile(path) });
  }
  return images;
}

/** What a YAML file holds. Throws `not_found` without it, `invalid` with the place where it is broken. */
export async function readYaml(what: string, path: string, hint: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new MktError("not_found", `there is no ${what} ${path}`, { hint });
  });
  try {
    return parse(text);
  } catch (cause) {
    // Below the first line stands a drawing of the place.
    const [why = ""] = String(cause instanceof Error ? cause.message : cause).split(":\n");
    throw new MktError("invalid", `${path} is not valid YAML: ${why}`, { cause });
  }
}

/** A password from a file, stdin or a hidden prompt; never from an argument. */
export async function readPassword(
  question: string,
  {
    passwordStdin,
    passwordFile,
  }: { passwordStdin?: true | undefined; passwordFile?: string | undefined },
  mkt: Context,
): Promise<string> {
  const { stdin, stderr } = mkt.streams;
  if (passwordFile !== undefined) return readPasswordFile(passwordFile);
  if (passwordStdin) return withoutLineEnd(await readAll(stdin, PASSWORD_LIMIT_BYTES));
  return askPassword(question, { stdin, stderr, input: mkt.options().input !== false });
}

/** The file may also be a pipe, as of `<(pass show mkt)`. */
async function readPasswordFile(path: string): Promise<string> {
  const file = createReadStream(path);
  try {
    return withoutLineEnd(await readAll(file, PASSWORD_LIMIT_BYTES, path));
  } catch (error) {
    if (error instanceof MktError) throw error;
    throw new MktError("not_found", `there is no readable file ${path}`, { cause: error });
  } finally {
    file.destroy();
  }
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "");

/** Starts a command named by a noun, whose verbs are its subcommands; the plural works as well. */
export function noun(
  program: Command,
  name: string,
  plural: string,
  description: string,
  ...lines: readonly string[]
): Command {
  const command = program.command(name).alias(plural).description(description);
  return command.addHelpText("after", examples(...lines));
}

/** Lines for the end of a help text. */
export function examples(...lines: readonly string[]): string {
  return `\n${lines.length > 1 ? "Examples" : "Example"}:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
