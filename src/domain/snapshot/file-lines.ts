import * as z from "zod";
import { MktError } from "../../errors.ts";
import { findProblem } from "./check-world.ts";
import {
  emptyWorld,
  FORMAT,
  headerSchema,
  imageSchema,
  SCHEMAS,
  type SnapshotHeader,
  TABLES,
  type TableName,
  VERSION,
  type World,
} from "./world.ts";

// A snapshot's file: a line that says what it is, then one line a row, then one line a picture.

/** All lines but those of pictures, each with its end. */
export function* worldLines(header: SnapshotHeader, world: World): Generator<string> {
  yield `${JSON.stringify(header)}\n`;
  for (const table of TABLES)
    for (const row of world[table]) yield `${JSON.stringify({ table, row })}\n`;
}

export function imageLine(image: string, bytes: Uint8Array): string {
  return `${JSON.stringify({ image, base64: Buffer.from(bytes).toString("base64") })}\n`;
}

/** How many rows of each table; none of those that have none. */
export function countRows(world: World): Record<string, number> {
  const counts = TABLES.map((table) => [table, world[table].length] as const);
  return Object.fromEntries(counts.filter(([, rows]) => rows > 0));
}

export interface SnapshotImage {
  image: string;
  bytes: Buffer;
}

/** The picture of a line that was read before; undefined when it holds none. */
export function imageOf(text: string): SnapshotImage | undefined {
  const value: unknown = JSON.parse(text);
  const result = imageSchema.safeParse(value);
  if (!result.success) return undefined;
  const { image, base64 } = result.data;
  return { image, bytes: Buffer.from(base64, "base64") };
}

export interface LineReader {
  /** Takes the next line; gives the picture that it holds. Throws `invalid` with the line's number. */
  take(text: string): SnapshotImage | undefined;
  /** What all lines were. Throws `invalid` where they do not make a whole. */
  end(): { header: SnapshotHeader; world: World };
}

const NESTING_LIMIT = 12;
const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1)));

const ROW_LIMIT_CHARACTERS = 1024 * 1024;
/** As JSON writes it; a backslash before it would make it text. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** Reads a snapshot line by line and trusts none of them. */
export function lineReader(name: string): LineReader {
  const world = emptyWorld();
  const lineOf = new WeakMap<object, number>();
  const images = new Set<string>();
  let header: SnapshotHeader | undefined;
  let line = 0;
  const invalid = (why: string, at = line) =>
    new MktError("invalid", `${name}, line ${at}: ${why}`, {
      hint: "nothing of it was loaded; save the snapshot again",
    });
  const parsed = (text: string): Record<string, unknown> => {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        return value as Record<string, unknown>;
    } catch {
      throw invalid(line === 1 ? "this is no snapshot" : "it is not JSON, or cut short");
    }
    throw invalid("it is not an object");
  };
  const checked = <T>(schema: z.ZodType<T>, value: unknown, what: string): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const where = issue?.path.join(".");
    throw invalid(`${what}${where ? ` ${where}` : ""}: ${issue?.message ?? "it is wrong"}`);
  };

  return {
    take: (text) => {
      line += 1;
      const value = parsed(text);
      if (!header) {
        if (value.format !== FORMAT) throw invalid("this is no snapshot");
        if (typeof value.version === "number" && value.version > VERSION) {
          throw new MktError(
            "invalid",
            `${name} is a snapshot of version ${value.version}; this mkt reads up to ${VERSION}`,
            { hint: "load it with the mkt that saved it, or a newer one" },
          );
        }
        header = checked(headerSchema, value, "header");
        return undefined;
      }
      if ("image" in value) {
        const { image, base64 } = checked(imageSchema, value, "picture");
        if (images.has(image)) throw invalid(`picture ${image} stands there twice`);
        images.add(image);
        return { image, bytes: Buffer.from(base64, "base64") };
      }
      if (text.length > ROW_LIMIT_CHARACTERS) throw invalid("it is longer than any row");
      if (!isShallow(value, NESTING_LIMIT)) throw invalid("it nests too deeply");
      const { table, row } = checked(lineSchema, value, "row");
      const read = checked(SCHEMAS[table] as z.ZodType<object>, row, table);
      if (NUL.test(text)) throw invalid("it holds a NUL character");
      lineOf.set(read, line);
      (world[table] as object[]).push(read);
      return undefined;
    },
    end: () => {
      if (!header) throw new MktError("invalid", `${name} is empty`);
      const rows = countRows(world);
      for (const table of TABLES) {
        const [said, found] = [header.rows[table] ?? 0, rows[table] ?? 0];
        if (said !== found)
          throw invalid(
            `the file ends, and has ${found} of ${said} rows of ${table}: it was cut short or changed`,
          );
      }
      if (header.images !== images.size)
        throw invalid(`the file ends, and has ${images.size} of ${header.images} pictures`);
      const problem = findProblem(world);
      if (problem) throw invalid(problem.problem, lineOf.get(problem.row));
      return { header, world };
    },
  };
}

const lineSchema = z.strictObject({
  table: z.enum(TABLES as [TableName, ...TableName[]]),
  row: z.record(z.string(), z.unknown()),
});
