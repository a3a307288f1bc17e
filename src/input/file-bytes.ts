import type { FileHandle } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { MktError } from "../errors.ts";
import { ReadFault } from "./read-fault.ts";

const CHUNK_BYTES = 128 * 1024;
const GZIP = "1f8b";

/** Files that people take for CSV, by their first bytes in hexadecimal. */
const OTHER_FILES: Readonly<Record<string, string>> = {
  "504b0304": "a spreadsheet or a zip file",
  d0cf11e0: "a spreadsheet",
  "28b52ffd": "compressed by zstd",
  "425a68": "compressed by bzip2",
  fd377a58: "compressed by xz",
  "25504446": "a PDF",
  "50415231": "a Parquet file",
};

/**
 * A file's bytes from its beginning, as they are stored. `seen` is told how far it has come. Each chunk
 * holds until the next is asked for: one buffer serves for all, since buffers are cleared away late.
 */
export async function* storedBytes(
  file: FileHandle,
  seen: (bytes: number) => void = () => undefined,
): AsyncGenerator<Buffer> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    seen(position);
    yield chunk.subarray(0, bytesRead);
  }
}

/**
 * A file's bytes as they are meant: gzip is recognised by what the file begins with and undone on the way.
 * Throws `invalid` for files that are no text at all, and `ReadFault` where gzip is cut short or corrupt.
 */
export async function contentBytes(
  file: FileHandle,
  name: string,
  seen: (bytes: number) => void,
): Promise<AsyncGenerator<Buffer>> {
  const head = Buffer.alloc(4);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const magic = head.toString("hex", 0, bytesRead);
  const other = Object.entries(OTHER_FILES).find(([start]) => magic.startsWith(start));
  if (other)
    throw new MktError("invalid", `${name} is ${other[1]}, neither CSV nor NDJSON`, {
      hint: "save it as CSV in UTF-8, or as NDJSON; either may be compressed by gzip",
    });
  const bytes = storedBytes(file, seen);
  return magic.startsWith(GZIP) ? gunzipped(bytes) : bytes;
}

async function* gunzipped(bytes: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // The error comes out of the iteration below; the callback keeps it from being thrown as well.
  pipeline(Readable.from(copies(bytes), { highWaterMark: 1 }), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (error) {
    throw gzipFault(error);
  }
}

/** A stream reads ahead, so that each of its chunks must last. */
async function* copies(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) yield Buffer.from(chunk);
}

function gzipFault(error: unknown): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  const hint = "fetch or compress the file again; what comes after cannot be read";
  if (error.code === "Z_BUF_ERROR")
    return new ReadFault("is cut short: its gzip data ends", hint, error);
  if (error.code === "Z_DATA_ERROR")
    return new ReadFault(`is corrupt as gzip (${error.message})`, hint, error);
  return error;
}
