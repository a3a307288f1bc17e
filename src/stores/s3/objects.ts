import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Profile } from "../../config.ts";
import { checkImage } from "../../domain/image.ts";
import { MktError } from "../../errors.ts";
import { isMissing, isPreconditionFailed, isWriteConflict, s3Error } from "./errors.ts";

export type ObjectStore = ReturnType<typeof objectStore>;

/** An object's name and size, as a listing tells them. */
interface ListedObject {
  key: string;
  sizeBytes: number;
  modifiedAt: Date;
}

/** An object's bytes with their media type. */
interface StoredObject {
  bytes: Uint8Array;
  contentType: string;
}

const IN_MEMORY_MAX_BYTES = 256 * 1024 * 1024;
const WRITE_ATTEMPTS = 4;
/** What S3 gives in one answer. */
const LIST_MAX = 1000;

const imageKey = (sha256: string): string => `images/${sha256}`;

/**
 * One bucket's objects: images by the SHA-256 of their bytes, graph dumps and exports. Links are
 * signed by `linkClient`, for a bucket that readers reach under another name than `mkt` does.
 */
export function objectStore(
  client: S3Client,
  { bucket }: Pick<Profile["s3"], "bucket">,
  linkClient = client,
) {
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw s3Error(error, bucket);
    }
  };

  const headObject = (key: string): Promise<ListedObject | undefined> =>
    attempt(async () => {
      try {
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return listed({ Key: key, Size: head.ContentLength, LastModified: head.LastModified });
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });

  const getObject = (key: string): Promise<StoredObject> =>
    attempt(async () => {
      const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const { Body: body, ContentLength: sizeBytes = 0, ContentType: contentType = "" } = found;
      if (!body || sizeBytes > IN_MEMORY_MAX_BYTES) {
        if (body instanceof Readable) body.destroy();
        throw new MktError("invalid", `${key} is too large to be read at once: ${sizeBytes} bytes`);
      }
      return { bytes: await body.transformToByteArray(), contentType };
    });

  return {
    /** Makes the bucket where it is not there yet. */
    ensureBucket: (): Promise<void> =>
      attempt(async () => {
        try {
          await client.send(new HeadBucketCommand({ Bucket: bucket }));
        } catch (error) {
          if (!isMissing(error)) throw error;
          await createBucket(client, bucket);
        }
      }),

    /**
     * Stores an image under its hash and returns that, 64 hexadecimal digits; one that is there
     * already is not sent again. Throws `invalid` for what is not an image `mkt` takes.
     */
    async putImage(bytes: Uint8Array): Promise<string> {
      const { mediaType } = checkImage(bytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const key = imageKey(sha256);
      if (await headObject(key)) return sha256;
      await attempt(() => putIfAbsent(client, { bucket, key, bytes, contentType: mediaType }));
      return sha256;
    },

    /** Throws `not_found` where there is none. */
    getImage: async (sha256: string): Promise<StoredObject> => getObject(imageKey(sha256)),

    /** The SHA-256 of the bytes that stand under an image's name, without keeping them; undefined without any. */
    imageDigest: (sha256: string): Promise<string | undefined> =>
      attempt(async () => {
        try {
          const input = { Bucket: bucket, Key: imageKey(sha256) };
          const { Body: body } = await client.send(new GetObjectCommand(input));
          const hash = createHash("sha256");
          if (body instanceof Readable) for await (const chunk of body) hash.update(chunk);
          return hash.digest("hex");
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw error;
        }
      }),

    /**
     * A presigned link by which anybody can read the image, without asking S3 whether it is there;
     * it holds for at most 604,800 seconds. It names the endpoint as the profile does: AWS's links
     * open in a browser. An endpoint on a Unix socket has no name that a browser could open; its
     * links say `http://localhost/…` and open with `curl --unix-socket PATH LINK`.
     */
    imageLink: (sha256: string, expiresSeconds: number): Promise<string> =>
      attempt(() => {
        const read = new GetObjectCommand({ Bucket: bucket, Key: imageKey(sha256) });
        return getSignedUrl(linkClient, read, { expiresIn: expiresSeconds });
      }),

    /** Stores an object, in place of what the key held. */
    putObject: (key: string, body: Uint8Array | string, contentType: string): Promise<void> =>
      attempt(async () => {
        const input = { Bucket: bucket, Key: key, Body: body, ContentType: contentType };
        await client.send(new PutObjectCommand(input));
      }),

    /**
     * Stores a file of up to 5 GiB without reading it into memory. Unlike bytes it is sent once: a
     * stream cannot be sent again when the connection breaks.
     */
    async putFile(key: string, path: string, contentType: string): Promise<void> {
      const file = await open(path);
      const { size } = await file.stat();
      const stream = file.createReadStream();
      try {
        const input = { Bucket: bucket, Key: key, ContentType: contentType, ContentLength: size };
        const body = size === 0 ? Buffer.alloc(0) : stream;
        await attempt(() => client.send(new PutObjectCommand({ ...input, Body: body })));
      } finally {
        stream.destroy();
        await file.close();
      }
    },

    /** Reads an object of up to 256 MiB whole; throws `not_found` where there is none. */
    getObject,

    /** What is known of an object without reading it; undefined where there is none. */
    headObject,

    /** The first objects whose keys begin so and come behind `after`, in the order of keys. */
    listObjects: (
      prefix: string,
      { after, limit = LIST_MAX }: { after?: string; limit?: number } = {},
    ): Promise<ListedObject[]> =>
      attempt(async () => {
        const range = { Prefix: prefix, StartAfter: after, MaxKeys: Math.min(limit, LIST_MAX) };
        const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ...range }));
        return (page.Contents ?? []).map(listed);
      }),
  };
}

async function createBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    const ours = error instanceof Error && error.name === "BucketAlreadyOwnedByYou";
    if (!ours) throw error;
  }
}

async function putIfAbsent(
  client: S3Client,
  object: { bucket: string; key: string; bytes: Uint8Array; contentType: string },
): Promise<void> {
  const { bucket, key, bytes, contentType } = object;
  const input = { Bucket: bucket, Key: key, Body: bytes, ContentType: contentType };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new PutObjectCommand({ ...input, IfNoneMatch: "*" }));
      return;
    } catch (error) {
      if (isPreconditionFailed(error)) return;
      if (!isWriteConflict(error) || attempt >= WRITE_ATTEMPTS) throw error;
    }
  }
}

function listed(object: {
  Key?: string | undefined;
  Size?: number | undefined;
  LastModified?: Date | undefined;
}): ListedObject {
  const { Key: key = "", Size: sizeBytes = 0, LastModified: modifiedAt = new Date(0) } = object;
  return { key, sizeBytes, modifiedAt };
}
