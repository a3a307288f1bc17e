import { randomUUID } from "node:crypto";
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { failedWith, S3Error } from "./errors.ts";
import { keyPath } from "./key-path.ts";
import { type ListRange, walkKeys } from "./listing.ts";
import {
  type ObjectFacts,
  type OpenObject,
  openObjectFile,
  writeObjectFile,
} from "./object-file.ts";
import type { Digests } from "./upload.ts";

export type BucketFolder = Awaited<ReturnType<typeof openBucketFolder>>;

const BUCKET_NAME = /^(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * Buckets and their objects in a folder that belongs to this process. A write goes to a file of its
 * own first, which is renamed when it is whole and on the disk; what a killed process left of such
 * files is deleted here.
 */
export async function openBucketFolder(directory: string) {
  const buckets = join(directory, "buckets");
  const uploads = join(directory, "uploads");
  await rm(uploads, { recursive: true, force: true });
  await mkdir(buckets, { recursive: true, mode: 0o700 });
  await mkdir(uploads, { mode: 0o700 });

  const bucketPath = async (bucket: string): Promise<string> => {
    const path = join(buckets, requireName(bucket));
    if (!(await exists(path))) throw new S3Error("NoSuchBucket", `There is no bucket ${bucket}`);
    return path;
  };
  const objectPath = async (bucket: string, key: string): Promise<string> =>
    join(await bucketPath(bucket), keyPath(key));

  return {
    async createBucket(bucket: string): Promise<void> {
      try {
        await mkdir(join(buckets, requireName(bucket)), { mode: 0o700 });
      } catch (error) {
        if (!failedWith(error, "EEXIST")) throw error;
        throw new S3Error("BucketAlreadyOwnedByYou", `You own the bucket ${bucket} already`);
      }
      await syncDirectory(buckets);
    },

    async requireBucket(bucket: string): Promise<void> {
      await bucketPath(bucket);
    },

    async deleteBucket(bucket: string): Promise<void> {
      await removeEmptyDirectories(await bucketPath(bucket));
      await syncDirectory(buckets);
    },

    /** Stores an object whole or not at all; `ifAbsent` makes it fail when the key has one. */
    async putObject(
      { bucket, key, contentType, ifAbsent }: PutInput,
      receive: (sink: (chunk: Buffer) => Promise<void>) => Promise<Digests>,
    ): Promise<ObjectFacts> {
      const path = await objectPath(bucket, key);
      if (ifAbsent && (await exists(path))) throw taken(key);
      const draft = join(uploads, randomUUID());
      try {
        const facts = await writeObjectFile(draft, contentType, receive);
        const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        // A link, unlike a rename, fails when the name is taken: of two writers one loses.
        if (ifAbsent) await link(draft, path);
        else await rename(draft, path);
        await syncDirectories(dirname(path), made ? dirname(made) : dirname(path));
        return facts;
      } catch (error) {
        if (failedWith(error, "EEXIST")) throw taken(key);
        throw error;
      } finally {
        await rm(draft, { force: true });
      }
    },

    /** The caller closes its handle. */
    async openObject(bucket: string, key: string): Promise<OpenObject> {
      const object = await openObjectFile(await objectPath(bucket, key));
      if (!object) throw new S3Error("NoSuchKey", "The specified key does not exist.");
      return object;
    },

    async deleteObject(bucket: string, key: string): Promise<void> {
      const path = await objectPath(bucket, key);
      await rm(path, { force: true });
      if (await exists(dirname(path))) await syncDirectory(dirname(path));
    },

    /** Keys with the path of their files, in the order of their UTF-8 bytes. */
    async *listKeys(bucket: string, range: ListRange) {
      yield* walkKeys(await bucketPath(bucket), "", range);
    },
  };
}

interface PutInput {
  bucket: string;
  key: string;
  contentType: string;
  ifAbsent: boolean;
}

function requireName(bucket: string): string {
  if (!BUCKET_NAME.test(bucket)) {
    throw new S3Error("InvalidBucketName", `${JSON.stringify(bucket)} is not a bucket's name`);
  }
  return bucket;
}

function taken(key: string): S3Error {
  return new S3Error("PreconditionFailed", `If-None-Match: there is an object at ${key}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (failedWith(error, "ENOENT") || failedWith(error, "ENOTDIR")) return false;
    throw error;
  }
}

/** Deletes directories from the leaves up, so that an object written meanwhile makes it fail. */
async function removeEmptyDirectories(directory: string): Promise<void> {
  try {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (!entry.isDirectory()) throw new S3Error("BucketNotEmpty", "The bucket holds objects");
      await removeEmptyDirectories(join(directory, entry.name));
    }
    await rmdir(directory);
  } catch (error) {
    if (failedWith(error, "ENOTEMPTY")) {
      throw new S3Error("BucketNotEmpty", "The bucket holds objects");
    }
    throw error;
  }
}

/** Makes names durable, from a directory up to one of its ancestors. */
async function syncDirectories(from: string, upTo: string): Promise<void> {
  for (let directory = from; ; directory = dirname(directory)) {
    await syncDirectory(directory);
    if (directory === upTo) return;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle: FileHandle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
