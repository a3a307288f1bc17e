import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { MktError } from "../errors.ts";

type Chunks = AsyncIterable<string | Uint8Array>;

/** Writes the pieces to a stream no faster than it takes them. */
export async function writeToStream(chunks: Chunks, stream: NodeJS.WritableStream): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.write(chunk)) continue;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error) => {
        stream.off("drain", done).off("close", done).off("error", done);
        if (error) reject(error);
        else resolve();
      };
      stream.once("drain", done).once("close", done).once("error", done);
    });
  }
}

/**
 * Writes the pieces to `FILE.part`, which becomes FILE when all are there: whatever goes wrong before leaves no FILE,
 * or the one that was there. Throws `unavailable` when the disk is full, `invalid` for a place where no file can be.
 */
export async function writeToFile(chunks: Chunks, path: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) throw new MktError("invalid", `${path} is a directory`);
  // A pipe or a device is written to as it is: it must not be replaced.
  const draft = found && !found.isFile() ? undefined : `${target}.part`;
  const onDisk = <T>(work: Promise<T>) =>
    work.catch((error) => Promise.reject(unwritten(path, error)));
  const file = await onDisk(open(draft ?? target, "w"));
  try {
    for await (const chunk of told(chunks, path)) await onDisk(file.appendFile(chunk));
    if (draft) await onDisk(file.sync());
    await onDisk(file.close());
    if (draft) await onDisk(rename(draft, target));
  } catch (error) {
    await file.close().catch(() => undefined);
    if (draft) await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Why the pieces ended early, and that there is no file because of it. */
async function* told(chunks: Chunks, path: string): AsyncGenerator<string | Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof MktError)) throw error;
    const { code, message, hint } = error;
    throw new MktError(code, `${message}; ${path} was not written`, {
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  }
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EIO", "EFBIG"]);

function unwritten(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  if (!code || !(cause instanceof Error)) return cause;
  if (FULL.has(code)) {
    return new MktError("unavailable", `${path} could not be written: ${cause.message}`, {
      hint: "make room, then repeat the command; nothing of it was left",
      cause,
    });
  }
  return new MktError("invalid", `${path} cannot be written: ${cause.message}`, { cause });
}
