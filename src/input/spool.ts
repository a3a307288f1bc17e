import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { MktError } from "../errors.ts";
import { storedBytes } from "./file-bytes.ts";

export interface SpoolOptions {
  directory: string;
  stopping?: AbortSignal | undefined;
}

/**
 * Copies a stream into a file that only this process can reach: its name is taken away before the first
 * byte, so that nothing is left behind whatever becomes of the process.
 */
export async function spool(
  stream: NodeJS.ReadableStream,
  name: string,
  { directory, stopping }: SpoolOptions,
): Promise<FileHandle> {
  const path = join(directory, `mkt-${randomUUID()}`);
  const file = await open(path, "wx+", 0o600).catch((error: unknown) => {
    throw noRoom(name, directory, error);
  });
  try {
    await unlink(path);
    await copy(stream, file, stopping);
    return file;
  } catch (error) {
    const failure = await failureOf(error, file, { name, directory, stopping });
    await file.close();
    throw failure;
  }
}

async function copy(
  stream: NodeJS.ReadableStream,
  file: FileHandle,
  stopping: AbortSignal | undefined,
): Promise<void> {
  const write = async (chunks: AsyncIterable<string | Buffer>) => {
    for await (const chunk of chunks) await file.writeFile(chunk);
  };
  await pipeline(stream, write, stopping ? { signal: stopping } : {});
}

async function failureOf(
  error: unknown,
  file: FileHandle,
  { name, directory, stopping }: SpoolOptions & { name: string },
): Promise<unknown> {
  if (stopping?.aborted)
    return new MktError("interrupted", `stopped while reading ${name}`, {
      hint: "nothing was done",
    });
  if (!(error instanceof Error)) return error;
  if ("syscall" in error && error.syscall === "write") return noRoom(name, directory, error);
  const { bytes, line } = await extentOf(file);
  return new MktError(
    "invalid",
    `${name} broke off at line ${line}, after ${bytes} bytes: ${error.message}`,
    { hint: "nothing was done; see what became of the program that writes it", cause: error },
  );
}

function noRoom(name: string, directory: string, cause: unknown): MktError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MktError("unavailable", `${name} cannot be kept in ${directory}: ${why}`, {
    hint: "give a file instead, or let TMPDIR name a directory with room",
    cause,
  });
}

async function extentOf(file: FileHandle): Promise<{ bytes: number; line: number }> {
  let [bytes, line] = [0, 1];
  for await (const chunk of storedBytes(file)) {
    bytes += chunk.length;
    for (let at = chunk.indexOf("\n"); at !== -1; at = chunk.indexOf("\n", at + 1)) line += 1;
  }
  return { bytes, line };
}
