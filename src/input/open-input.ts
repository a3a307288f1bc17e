import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { MktError } from "../errors.ts";
import { contentBytes, storedBytes } from "./file-bytes.ts";
import type { InputRows } from "./input-row.ts";
import { openRows, type RowOptions } from "./open-rows.ts";
import { spool } from "./spool.ts";

/** A file, or what came through stdin, that can be read as often as one likes until it is disposed of. */
export interface Input extends AsyncDisposable {
  /** How it is called in errors: its path, or `stdin`. */
  name: string;
  /** As it is stored, so of gzip the compressed bytes. */
  sizeBytes: number;
  /** SHA-256 of the stored bytes, in hexadecimal. */
  digest(): Promise<string>;
  /** Opens it as rows, from the beginning. Throws `invalid` for what has no columns. */
  rows(options?: RowOptions): Promise<InputRows>;
}

export interface InputOptions {
  /** What `-` stands for. */
  stdin?: NodeJS.ReadableStream | undefined;
  /** Where stdin is kept while it is in use; default: the system's directory for temporary files. */
  spoolIn?: string | undefined;
  /** Stops waiting for stdin. */
  stopping?: AbortSignal | undefined;
}

/**
 * Opens a path, or `-` for stdin. What cannot be read twice (stdin, a pipe that has a name) is copied to a
 * file first, which has no name any more when this returns and is gone with the process.
 *
 * Throws `not_found` for a path without a file, `invalid` for one that cannot be read and for a pipe that
 * breaks, `unavailable` when there is no room for the copy, `interrupted` when stopped.
 */
export async function openInput(source: string, options: InputOptions = {}): Promise<Input> {
  const { stdin, spoolIn = tmpdir(), stopping } = options;
  if (source === "-") {
    if (!stdin) throw new MktError("usage", "there is no stdin to read");
    return inputOf(await spool(stdin, "stdin", { directory: spoolIn, stopping }), "stdin");
  }
  const found = await stat(source).catch((error: unknown) => {
    throw unreadable(source, error);
  });
  if (found.isDirectory()) throw new MktError("invalid", `${source} is a directory, not a file`);
  if (found.isFile())
    return inputOf(
      await open(source).catch((error: unknown) => {
        throw unreadable(source, error);
      }),
      source,
    );
  const pipe = createReadStream(source);
  return inputOf(await spool(pipe, source, { directory: spoolIn, stopping }), source);
}

async function inputOf(file: FileHandle, name: string): Promise<Input> {
  const { size, mtimeMs } = await file.stat();
  const unchanged = async () => {
    const now = await file.stat();
    if (now.size === size && now.mtimeMs === mtimeMs) return;
    throw new MktError("conflict", `${name} changed while it was read`, {
      hint: "wait until it is written, and do the same again",
    });
  };
  /** Reports what the disk says, and that somebody wrote on. */
  const checked = async function* (bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* bytes;
    } catch (error) {
      throw error instanceof Error && "syscall" in error ? unreadable(name, error) : error;
    }
    await unchanged();
  };
  return {
    name,
    sizeBytes: size,
    digest: async () => {
      const hash = createHash("sha256");
      for await (const chunk of checked(storedBytes(file))) hash.update(chunk);
      return hash.digest("hex");
    },
    rows: async (rowOptions = {}) => {
      let seenBytes = 0;
      const bytes = await contentBytes(file, name, (seen) => {
        seenBytes = seen;
      });
      const opened = await openRows(name, checked(bytes), rowOptions);
      return { ...opened, progress: () => (size === 0 ? 1 : Math.min(1, seenBytes / size)) };
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function unreadable(name: string, error: unknown): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  if (error.code === "ENOENT") return new MktError("not_found", `there is no file ${name}`);
  return new MktError("invalid", `${name} cannot be read: ${error.message}`, { cause: error });
}
