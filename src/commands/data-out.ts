import type { Context } from "../context.ts";
import type { DataRows } from "../domain/data-rows.ts";
import { MktError } from "../errors.ts";
import { writeToFile, writeToStream } from "../output/data-file.ts";
import { dataStream, type StreamedFormat } from "../output/data-stream.ts";
import type { Format } from "../output/formats.ts";
import { progressBar } from "../output/progress.ts";

interface Destination {
  format: StreamedFormat;
  /** A file; undefined: stdout. */
  out: string | undefined;
  /** What the progress is of. */
  label: string;
}

/** What nobody reads on a terminal. */
const FILES_ONLY: Partial<Record<Format, string>> = { parquet: "Parquet", html: "HTML" };

/** The format that was asked for, else what the file's name ends in, else undefined. Refuses on a terminal what is for files. */
export function dataFormat(mkt: Context, out: string | undefined): Format | undefined {
  const { json, output } = mkt.options();
  const ending = /\.(csv|ndjson|json|parquet|html)$/i.exec(out ?? "")?.[1]?.toLowerCase();
  const format = json ? "json" : (output ?? (ending as Format | undefined));
  if (format) refuseOnTerminal(format, out, mkt);
  return format;
}

/** Refuses formats that are for files where they would be written to a terminal. */
export function refuseOnTerminal(format: Format, out: string | undefined, mkt: Context): void {
  const name = FILES_ONLY[format];
  if (name === undefined || out !== undefined || mkt.streams.stdout.isTTY !== true) return;
  throw new MktError("usage", `${name} is nothing for a terminal`, {
    hint: "name a file with --out FILE, or pipe it",
  });
}

/** Writes a page to a file, or to stdout. */
export async function writePage(
  page: string,
  out: string | undefined,
  mkt: Context,
): Promise<void> {
  if (out === undefined) return writeToStream(chunksOf(page), mkt.streams.stdout);
  await writeToFile(chunksOf(page), out);
  mkt.notice(`wrote ${out}`);
}

async function* chunksOf(text: string): AsyncGenerator<string> {
  yield text;
}

/** Writes rows as they come to stdout or to a file, and on stderr how far it is and how many there were. */
export async function writeRows(
  rows: DataRows,
  { format, out, label }: Destination,
  mkt: Context,
): Promise<void> {
  const { stdout, stderr: stream } = mkt.streams;
  const bar = progressBar({ stream, terminal: mkt.messages, label, total: 0 });
  let count = 0;
  const progress = (written: number) => {
    count = written;
    bar.update(written);
  };
  const isTerminal = out === undefined && mkt.terminal.isTerminal;
  const chunks = dataStream(format, rows, { isTerminal, progress });
  try {
    await (out === undefined ? writeToStream(chunks, stdout) : writeToFile(chunks, out));
  } finally {
    bar.done();
  }
  if (out !== undefined) mkt.notice(`${count} ${count === 1 ? "row" : "rows"} in ${out}`);
}
