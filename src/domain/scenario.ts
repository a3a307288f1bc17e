import * as z from "zod";
import { MktError } from "../errors.ts";

/** One step: a command line, what it must give, and a name for what it gave. */
const stepSchema = z.strictObject({
  /** What the narrator says before it. */
  say: z.string().optional(),
  /** The command line, without `mkt`. */
  mkt: z.string(),
  stdin: z.string().optional(),
  /** `${NAME.path}` stands for what it gave, in later steps. */
  save: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]*$/)
    .optional(),
  /** What its JSON must hold: these fields, whatever else there is. */
  expect: z.unknown().optional(),
  /** Repeat it until it is as expected: for what a provider tells by itself. */
  eventually: z.boolean().optional(),
  /** The code with which it must fail. */
  error: z.string().optional(),
});

const scenarioSchema = z.strictObject({
  name: z.string(),
  steps: z.array(stepSchema).min(1).max(500),
});

export type Scenario = z.infer<typeof scenarioSchema>;
export type Step = z.infer<typeof stepSchema>;

/** A scenario as its file says it. Throws `invalid` with what is wrong where. */
export function parseScenario(value: unknown, file: string): Scenario {
  const result = scenarioSchema.safeParse(value);
  if (result.success) return result.data;
  throw new MktError(
    "invalid",
    `${file} is not a valid scenario: ${z.prettifyError(result.error)}`,
  );
}

/** Splits a command line at spaces outside of double quotes; `\"` stands for a quote. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)) {
    words.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll(/\\(.)/g, "$1"));
  }
  return words;
}

const REFERENCE = /\$\{([^{}]+)\}/g;

/** Puts what was saved in place of `${name.path}`. Throws `invalid` for what nobody saved. */
export function fillIn(text: string, saved: Readonly<Record<string, unknown>>): string {
  return text.replaceAll(REFERENCE, (reference, path: string) => {
    let value: unknown = saved;
    for (const key of path.split(".")) {
      value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
    }
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return String(value);
    throw new MktError("invalid", `${reference} stands for nothing`, {
      hint: `saved so far: ${Object.keys(saved).join(", ")}`,
    });
  });
}

/** The same for every text inside of a value. */
export function fillInAll(value: unknown, saved: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === "string") return fillIn(value, saved);
  if (Array.isArray(value)) return value.map((item) => fillInAll(item, saved));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fillInAll(item, saved)]),
  );
}

/** Where a value lacks what is expected of it, in words; undefined when it has it all. */
export function difference(actual: unknown, expected: unknown, path = "it"): string | undefined {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${path} is ${JSON.stringify(actual)}, not a list`;
    if (actual.length !== expected.length)
      return `${path} has ${actual.length} entries, not ${expected.length}`;
    return first(
      expected.map((item, index) => difference(actual[index], item, `${path}.${index}`)),
    );
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null)
      return `${path} is ${JSON.stringify(actual)}`;
    return first(
      Object.entries(expected).map(([key, item]) =>
        difference(Reflect.get(actual, key), item, `${path}.${key}`),
      ),
    );
  }
  if (actual === expected) return undefined;
  return `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
}

function first(found: readonly (string | undefined)[]): string | undefined {
  return found.find((difference) => difference !== undefined);
}
