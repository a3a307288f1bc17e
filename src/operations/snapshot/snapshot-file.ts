import { createHash } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { checkImage } from "../../domain/image.ts";
import { imageOf, lineReader, type SnapshotImage } from "../../domain/snapshot/file-lines.ts";
import type { SnapshotHeader, World } from "../../domain/snapshot/world.ts";
import { MktError } from "../../errors.ts";
import { contentBytes } from "../../input/file-bytes.ts";
import { ReadFault } from "../../input/read-fault.ts";

/** Nobody but its owner reads it: it may say who people are. */
const MODE = 0o600;
/** A picture of 10 MiB, in base 64. */
const LINE_LIMIT_BYTES = 15 * 1024 * 1024;
const ROWS_LIMIT_BYTES = 256 * 1024 * 1024;
const CONTENT_LIMIT_BYTES = 4 * 1024 * 1024 * 1024;
const LF = 0x0a;

/** Writes lines to `FILE.part`, which becomes FILE when all are there; by gzip when its name says so. */
export async function writeSnapshotFile(path: string, lines: AsyncIterable<string>): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => undefined);
  if (found && !found.isFile())
    throw new MktError("invalid", `${path} is not a file that could be replaced`);
  const draft = `${target}.part`;
  let problem: unknown;
  const told = async function* () {
    try {
      yield* lines;
    } catch (error) {
      problem = error;
      throw error;
    }
  };
  try {
    // One that was left behind may be readable for others.
    await rm(draft, { force: true });
    const file = await open(draft, "wx", MODE);
    const sink = file.createWriteStream({ flush: true });
    const source = Readable.from(told());
    if (path.endsWith(".gz")) await pipeline(source, createGzip(), sink);
    else await pipeline(source, sink);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw problem ?? unwritten(path, error);
  }
}

function unwritten(path: string, error: unknown): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  if (error.code === "ENOSPC" || error.code === "EDQUOT") {
    return new MktError("unavailable", `${path} could not be written: ${error.message}`, {
      hint: "make room, then repeat the command; nothing of it was left",
      cause: error,
    });
  }
  return new MktError("invalid", `${path} cannot be written: ${error.message}`, { cause: error });
}

/** A snapshot's file; its lines can be gone through several times. */
export interface SnapshotFile extends AsyncDisposable {
  /** Checks all of it and gives what it holds without the pictures. Throws `invalid` with the line. */
  read(): Promise<{ header: SnapshotHeader; world: World }>;
  /** After `read`: the pictures, one after the other, each with the bytes that its hash says. */
  images(): AsyncIterable<SnapshotImage>;
}

/** Opens a snapshot. Throws `not_found` without it. */
export async function openSnapshotFile(path: string): Promise<SnapshotFile> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") throw new MktError("not_found", `there is no file ${path}`);
    throw new MktError("invalid", `${path} cannot be read: ${cause.message}`, { cause });
  });
  if (!(await file.stat()).isFile()) {
    await file.close();
    throw new MktError("invalid", `${path} is not a file`);
  }
  return {
    read: async () => {
      const reader = lineReader(path);
      let rowBytes = 0;
      for await (const line of linesOf(file, path)) {
        const image = reader.take(line);
        if (image) {
          requireOwnHash(path, image);
          requireImage(path, image);
        } else rowBytes += line.length;
        if (rowBytes > ROWS_LIMIT_BYTES) throw tooLarge(path);
      }
      return reader.end();
    },
    images: async function* () {
      for await (const line of linesOf(file, path)) {
        const image = imageOf(line);
        if (!image) continue;
        requireOwnHash(path, image);
        yield image;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function requireOwnHash(path: string, { image, bytes }: SnapshotImage): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === image) return;
  throw new MktError("invalid", `${path}: picture ${image} hashes to ${found}: it is damaged`, {
    hint: "nothing of it was loaded; save the snapshot again",
  });
}

function requireImage(path: string, { image, bytes }: SnapshotImage): void {
  try {
    checkImage(bytes);
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    throw new MktError(error.code, `${path}: picture ${image}: ${error.message}`, { cause: error });
  }
}

const tooLarge = (path: string) =>
  new MktError("invalid", `${path} is larger than any snapshot`, {
    hint: "nothing of it was loaded",
  });

/** The file's lines as text, unpacked, none longer than a picture. */
async function* linesOf(file: FileHandle, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 0;
  const decoded = (bytes: Buffer): string => {
    line += 1;
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new MktError("invalid", `${path}, line ${line}: it is not UTF-8 text`, { cause });
    }
  };
  let pieces: Buffer[] = [];
  let pieceBytes = 0;
  let total = 0;
  try {
    for await (const chunk of await contentBytes(file, path, () => undefined)) {
      total += chunk.length;
      if (total > CONTENT_LIMIT_BYTES) throw tooLarge(path);
      let start = 0;
      for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
        pieces.push(chunk.subarray(start, end));
        yield decoded(Buffer.concat(pieces));
        pieces = [];
        pieceBytes = 0;
        start = end + 1;
      }
      pieces.push(Buffer.from(chunk.subarray(start)));
      pieceBytes += chunk.length - start;
      if (pieceBytes > LINE_LIMIT_BYTES)
        throw new MktError(
          "invalid",
          `${path}, line ${line + 1}: it is longer than any line of a snapshot`,
        );
    }
  } catch (error) {
    if (!(error instanceof ReadFault)) throw error;
    const { message, hint } = error;
    throw new MktError("invalid", `${path} ${message} at line ${line + 1}`, { hint, cause: error });
  }
  if (pieceBytes > 0) yield decoded(Buffer.concat(pieces));
}
