import { extname } from "node:path";
import { MktError } from "../errors.ts";
import { csvRows } from "./csv-rows.ts";
import type { InputRows } from "./input-row.ts";
import { ndjsonRows } from "./ndjson-rows.ts";
import { readRecords } from "./records.ts";
import { type Encoding, toUtf8 } from "./to-utf8.ts";

export interface RowOptions {
  /** Default: NDJSON for the names that it has, and for what begins with `{`. */
  format?: "csv" | "ndjson" | undefined;
  /** Of CSV, one character; default: a comma. */
  delimiter?: string | undefined;
  /** Default: UTF-8. A byte order mark decides before it. */
  encoding?: Encoding | undefined;
}

/**
 * Reads as far as the columns. Throws `invalid`, with the line, for an empty file and for whatever the
 * header and the text before it make unreadable; the rows throw the same for what comes later.
 */
export async function openRows(
  name: string,
  bytes: AsyncIterable<Buffer>,
  options: RowOptions,
): Promise<Omit<InputRows, "progress">> {
  const { delimiter = ",", encoding } = options;
  if (!/^[^"\r\n]$/u.test(delimiter))
    throw new MktError("invalid", `${JSON.stringify(delimiter)} cannot separate cells`, {
      hint: "a delimiter is one character, such as `;`",
    });
  const text = toUtf8(bytes, encoding);
  const { head, chunks } = await withHead(text);
  const format = options.format ?? formatOf(name, head);
  const records = readRecords(chunks, { name, format });
  try {
    const found =
      format === "csv"
        ? await csvRows(records, { name, delimiter })
        : await ndjsonRows(records, name);
    if (!found)
      throw new MktError("invalid", `${name} is empty`, {
        hint: "its first line names the columns, or is a row of NDJSON",
      });
    return { format, ...found };
  } catch (error) {
    await records.close();
    throw error;
  }
}

const NDJSON_NAMES = [".ndjson", ".jsonl"];

function formatOf(name: string, head: string): "csv" | "ndjson" {
  const plain = name.toLowerCase().replace(/\.gz$/, "");
  if (/^\s*\[\s*[{\]]/.test(head))
    throw new MktError("invalid", `${name} is a JSON list, not a row a line`, {
      hint: "make NDJSON of it: jq -c '.[]'",
    });
  return NDJSON_NAMES.includes(extname(plain)) || /^\s*\{/.test(head) ? "ndjson" : "csv";
}

const HEAD_BYTES = 200;

/** The beginning of a text, and the whole of it. What is wrong with it comes when it is read. */
async function withHead(
  text: AsyncGenerator<Buffer>,
): Promise<{ head: string; chunks: AsyncIterator<Buffer> }> {
  let first: ReturnType<typeof text.next> | undefined = text.next();
  const begun = await first.catch(() => undefined);
  const chunks: AsyncIterator<Buffer> = {
    next: () => {
      const next = first ?? text.next();
      first = undefined;
      return next;
    },
    return: () => text.return(undefined),
  };
  return { head: begun?.value?.toString("utf8", 0, HEAD_BYTES) ?? "", chunks };
}
