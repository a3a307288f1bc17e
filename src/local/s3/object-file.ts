import { type FileHandle, open } from "node:fs/promises";
import { failedWith } from "./errors.ts";
import type { Digests } from "./upload.ts";

/** What an object's file says of it behind its bytes. */
export interface ObjectFacts extends Digests {
  contentType: string;
}

/** An object open for reading: what it holds stays as it was, whatever happens to its key. */
export interface OpenObject extends ObjectFacts {
  modifiedAt: Date;
  handle: FileHandle;
}

const LENGTH_BYTES = 4;
const FACTS_MAX_BYTES = 64 * 1024;

/**
 * Writes a new object file: the bytes, then the facts as JSON, then the length of that JSON. One
 * file holds all, so that one rename publishes all; when this returns, the disk has it.
 */
export async function writeObjectFile(
  path: string,
  contentType: string,
  receive: (sink: (chunk: Buffer) => Promise<void>) => Promise<Digests>,
): Promise<ObjectFacts> {
  const file = await open(path, "wx", 0o600);
  try {
    const digests = await receive((chunk) => file.appendFile(chunk));
    const facts = { ...digests, contentType };
    const json = Buffer.from(JSON.stringify(facts));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(json.length);
    await file.appendFile(Buffer.concat([json, length]));
    await file.sync();
    return facts;
  } finally {
    await file.close();
  }
}

/** Opens an object file; undefined when there is none. The caller closes the handle. */
export async function openObjectFile(path: string): Promise<OpenObject | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    if (failedWith(error, "ENOENT") || failedWith(error, "ENOTDIR")) return undefined;
    throw error;
  }
  try {
    const { size, mtime } = await handle.stat();
    const length = (await readAt(handle, size - LENGTH_BYTES, LENGTH_BYTES)).readUInt32BE();
    const sizeBytes = size - LENGTH_BYTES - length;
    if (length > FACTS_MAX_BYTES || sizeBytes < 0) throw damaged(path);
    const json = await readAt(handle, sizeBytes, length);
    const facts: ObjectFacts = JSON.parse(json.toString());
    if (facts.sizeBytes !== sizeBytes) throw damaged(path);
    return { ...facts, modifiedAt: mtime, handle };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function damaged(path: string): Error {
  return new Error(`${path} is not an object file of this endpoint, or is damaged`);
}
