import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type TestContext, test } from "vitest";
import type { Profile } from "../../src/config.ts";
import { openS3 } from "../../src/stores/s3/client.ts";
import { objectStore } from "../../src/stores/s3/objects.ts";
import { testBucket } from "../../src/testing/s3.ts";

const LAMP = new URL("../../fixtures/images/lamp.jpg", import.meta.url);
const KEYS_AT_ONCE = 8;
const FIVE_MIB = 5 * 1024 * 1024;

async function setup({ onTestFinished }: TestContext) {
  const made = await testBucket();
  onTestFinished(() => made[Symbol.asyncDispose]());
  const { client, config } = made;
  const { bucket } = config;
  const sent: string[] = [];
  client.middlewareStack.add(
    (next, context) => (input) => {
      sent.push(context.commandName ?? "");
      return next(input);
    },
    { step: "initialize" },
  );
  const put = (key: string, body: string, more: { IfNoneMatch?: string } = {}) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...more }));
  const read = async (key: string) => {
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await found.Body?.transformToString()) ?? "";
  };
  /** A client with other settings, closed after the test. */
  const reopen = (changes: Partial<Profile["s3"]>) => {
    const other = openS3({ ...config, ...changes });
    onTestFinished(() => other.destroy());
    return other;
  };
  return { ...made, bucket, sent, put, read, reopen };
}

/** Reads a link as any HTTP client would. */
async function openLink(link: string, { endpoint }: Profile["s3"]) {
  const socket = endpoint && "socketPath" in endpoint ? endpoint : {};
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(link, { ...socket, agent: false })
      .once("response", resolve)
      .once("error", reject)
      .end();
  });
  const { statusCode, headers } = response;
  return { status: statusCode, contentType: headers["content-type"], body: await buffer(response) };
}

test("an image is kept under its hash with its type, and sent once", async (t) => {
  const { objects, sent } = await setup(t);
  const lamp = await readFile(LAMP);
  const sha256 = await objects.putImage(lamp);
  t.expect(sha256).toBe(createHash("sha256").update(lamp).digest("hex"));
  t.expect(await objects.putImage(lamp)).toBe(sha256);
  t.expect(sent.filter((name) => name === "PutObjectCommand")).toHaveLength(1);
  const { bytes, contentType } = await objects.getImage(sha256);
  t.expect(Buffer.from(bytes).equals(lamp)).toBe(true);
  t.expect(contentType).toBe("image/jpeg");
  t.expect(await objects.listObjects("images/")).toMatchObject([
    { key: `images/${sha256}`, sizeBytes: lamp.length },
  ]);
});

test("the same image from many at once is one object", async (t) => {
  const { objects } = await setup(t);
  const lamp = await readFile(LAMP);
  const hashes = await Promise.all(Array.from({ length: 8 }, () => objects.putImage(lamp)));
  t.expect(new Set(hashes).size).toBe(1);
  t.expect(await objects.listObjects("images/")).toHaveLength(1);
});

test("what is not an image is refused before it is sent", async (t) => {
  const { objects, sent } = await setup(t);
  await t
    .expect(objects.putImage(Buffer.from("not an image")))
    .rejects.toMatchObject({ code: "invalid" });
  t.expect(sent).not.toContain("PutObjectCommand");
});

test("a link opens with plain HTTP, until it is changed or has expired", async (t) => {
  const { objects, client, bucket, config } = await setup(t);
  const lamp = await readFile(LAMP);
  const sha256 = await objects.putImage(lamp);
  const link = await objects.imageLink(sha256, 60);
  const opened = await openLink(link, config);
  t.expect(opened).toMatchObject({ status: 200, contentType: "image/jpeg" });
  t.expect(opened.body.equals(lamp)).toBe(true);

  const other = await objects.putImage(await readFile(new URL("table.png", LAMP)));
  t.expect(await openLink(link.replace(sha256, other), config)).toMatchObject({ status: 403 });
  const longer = link.replace("X-Amz-Expires=60", "X-Amz-Expires=61");
  t.expect(await openLink(longer, config)).toMatchObject({ status: 403 });
  const [unsigned = ""] = link.split("?");
  t.expect(await openLink(unsigned, config)).toMatchObject({ status: 403 });

  const read = new GetObjectCommand({ Bucket: bucket, Key: `images/${sha256}` });
  const signingDate = new Date(Date.now() - 120_000);
  const expired = await getSignedUrl(client, read, { expiresIn: 60, signingDate });
  const refused = await openLink(expired, config);
  t.expect(refused.status).toBe(403);
  t.expect(refused.body.toString()).toContain("<Code>AccessDenied</Code>");
});

test("a link to a missing image says so", async (t) => {
  const { objects, config } = await setup(t);
  const { status, body } = await openLink(await objects.imageLink("0".repeat(64), 60), config);
  t.expect(status).toBe(404);
  t.expect(body.toString()).toContain("<Code>NoSuchKey</Code>");
});

test("If-None-Match: * writes only where there is nothing", async (t) => {
  const { put, read } = await setup(t);
  await put("once", "first", { IfNoneMatch: "*" });
  await t.expect(put("once", "second", { IfNoneMatch: "*" })).rejects.toMatchObject({
    name: "PreconditionFailed",
    $metadata: { httpStatusCode: 412 },
  });
  t.expect(await read("once")).toBe("first");
  await put("once", "third");
  t.expect(await read("once")).toBe("third");
});

test("of many conditional writes at once one wins, and its bytes stand", async (t) => {
  const { put, read } = await setup(t);
  const bodies = Array.from({ length: KEYS_AT_ONCE }, (_, index) => `writer ${index}`);
  const results = await Promise.allSettled(
    bodies.map((body) => put("race", body, { IfNoneMatch: "*" })),
  );
  const winners = bodies.filter((_, index) => results[index]?.status === "fulfilled");
  t.expect(winners).toHaveLength(1);
  t.expect(await read("race")).toBe(winners[0]);
});

test.for([
  { range: "bytes=2-5", body: "2345", contentRange: "bytes 2-5/10" },
  { range: "bytes=7-", body: "789", contentRange: "bytes 7-9/10" },
  { range: "bytes=-4", body: "6789", contentRange: "bytes 6-9/10" },
  { range: "bytes=8-100", body: "89", contentRange: "bytes 8-9/10" },
])("$range of ten bytes is $body", async ({ range, body, contentRange }, t) => {
  const { client, bucket, put } = await setup(t);
  await put("digits", "0123456789");
  const command = new GetObjectCommand({ Bucket: bucket, Key: "digits", Range: range });
  const part = await client.send(command);
  t.expect(part.$metadata.httpStatusCode).toBe(206);
  t.expect(part.ContentRange).toBe(contentRange);
  t.expect(await part.Body?.transformToString()).toBe(body);
});

test("a range behind the end is refused", async (t) => {
  const { client, bucket, put } = await setup(t);
  await put("digits", "0123456789");
  const command = new GetObjectCommand({ Bucket: bucket, Key: "digits", Range: "bytes=10-" });
  await t.expect(client.send(command)).rejects.toMatchObject({
    name: "InvalidRange",
    $metadata: { httpStatusCode: 416 },
  });
});

test("5 MiB come back as they went, from memory and from a file", async (t) => {
  const { objects } = await setup(t);
  const directory = await mkdtemp(join(tmpdir(), "mkt-upload-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  const bytes = randomBytes(FIVE_MIB);
  const file = join(directory, "upload");
  await writeFile(file, bytes);
  await objects.putObject("from memory", bytes, "application/octet-stream");
  await objects.putFile("from a file", file, "text/csv");
  for (const key of ["from memory", "from a file"]) {
    const found = await objects.getObject(key);
    t.expect(Buffer.from(found.bytes).equals(bytes), key).toBe(true);
    t.expect(await objects.headObject(key)).toMatchObject({ key, sizeBytes: FIVE_MIB });
  }
  t.expect((await objects.getObject("from a file")).contentType).toBe("text/csv");
  await t
    .expect(objects.putFile("nothing", join(directory, "missing"), "text/csv"))
    .rejects.toMatchObject({ code: "ENOENT" });
  t.expect(await objects.headObject("nothing")).toBeUndefined();
});

test("a file that S3 refuses midway, or that nobody takes, is an error of the store", async (t) => {
  const { bucket, reopen, client } = await setup(t);
  const directory = await mkdtemp(join(tmpdir(), "mkt-upload-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "upload");
  await writeFile(file, randomBytes(FIVE_MIB));
  const missing = objectStore(client, { bucket: `${bucket}-missing` });
  const gone = reopen({ endpoint: { socketPath: join(directory, "nobody.sock") } });
  for (const objects of [missing, objectStore(gone, { bucket })]) {
    await t
      .expect(objects.putFile("file", file, "text/csv"))
      .rejects.toMatchObject({ code: "unavailable" });
  }
});

test("an empty object is an object", async (t) => {
  const { objects } = await setup(t);
  const directory = await mkdtemp(join(tmpdir(), "mkt-upload-"));
  t.onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "empty"), "");
  await objects.putObject("memory", "", "text/plain");
  await objects.putFile("file", join(directory, "empty"), "text/plain");
  for (const key of ["memory", "file"]) {
    t.expect((await objects.getObject(key)).bytes, key).toHaveLength(0);
    t.expect(await objects.headObject(key)).toMatchObject({ sizeBytes: 0 });
  }
});

test.for([
  "with spaces and + signs",
  "ñandú/mesa plegable/日本語/🪑",
  "deep/er/and/deeper/still",
  "UPPER and upper",
  "percent%2Fencoded",
  "?query&like=this#fragment",
  "quotes'\"<>&;:@$,!*()[]{}|^`~\\",
  "...dots/..and/.hidden",
])("the key %j is kept apart and comes back", async (key, t) => {
  const { objects, put } = await setup(t);
  await put(key, "its own");
  await put(`${key}, another`, "another's");
  const { bytes } = await objects.getObject(key);
  t.expect(Buffer.from(bytes).toString()).toBe("its own");
  const listed = await objects.listObjects("");
  t.expect(listed.map((object) => object.key)).toEqual([key, `${key}, another`]);
});

test("an ETag is the MD5 of the bytes", async (t) => {
  const { client, bucket, put } = await setup(t);
  const etag = `"${createHash("md5").update("some bytes").digest("hex")}"`;
  t.expect((await put("tagged", "some bytes")).ETag).toBe(etag);
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: "tagged" }));
  t.expect(head.ETag).toBe(etag);
});

test("bytes that are not those of the stated checksum are refused, and not kept", async (t) => {
  const { client, bucket, objects } = await setup(t);
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: "damaged",
    Body: "what came",
    ChecksumCRC32: "AAAAAA==",
  });
  await t.expect(client.send(command)).rejects.toMatchObject({ name: "BadDigest" });
  t.expect(await objects.headObject("damaged")).toBeUndefined();
});

test("a listing goes in the order of bytes, by prefix and page", async (t) => {
  const { client, bucket, put, objects } = await setup(t);
  const keys = ["a-1", "a.2", "a/1", "a/2", "a/b/3", "a0", "b/1", "ab", "Z", "é"];
  for (const key of keys) await put(key, "");
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const names = async (...options: Parameters<typeof objects.listObjects>) =>
    (await objects.listObjects(...options)).map(({ key }) => key);
  t.expect(await names("")).toEqual(sorted);
  t.expect(await names("a/")).toEqual(["a/1", "a/2", "a/b/3"]);
  t.expect(await names("a", { limit: 3 })).toEqual(["a-1", "a.2", "a/1"]);
  t.expect(await names("a", { after: "a/1", limit: 3 })).toEqual(["a/2", "a/b/3", "a0"]);
  t.expect(await names("nothing")).toEqual([]);

  const rolled: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Delimiter: "/",
        MaxKeys: 2,
        ContinuationToken: token,
      }),
    );
    const found = [
      ...(page.Contents ?? []).map(({ Key }) => Key),
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
    ];
    t.expect(page.KeyCount).toBe(found.length);
    t.expect(found.length).toBeLessThanOrEqual(2);
    rolled.push(...found);
    token = page.NextContinuationToken;
    t.expect(page.IsTruncated).toBe(token !== undefined);
  } while (token);
  t.expect(rolled.sort()).toEqual(["Z", "a-1", "a.2", "a/", "a0", "ab", "b/", "é"]);
});

test("a deleted object is gone, and deleting it again is no error", async (t) => {
  const { client, bucket, put, objects } = await setup(t);
  await put("doomed", "x");
  const remove = new DeleteObjectCommand({ Bucket: bucket, Key: "doomed" });
  await client.send(remove);
  t.expect(await objects.headObject("doomed")).toBeUndefined();
  await client.send(remove);
});

test("what is missing is not found", async (t) => {
  const { objects, client, bucket } = await setup(t);
  await t.expect(objects.getObject("nothing")).rejects.toMatchObject({ code: "not_found" });
  await t.expect(objects.getImage("0".repeat(64))).rejects.toMatchObject({ code: "not_found" });
  t.expect(await objects.headObject("nothing")).toBeUndefined();
  const read = new GetObjectCommand({ Bucket: bucket, Key: "nothing" });
  await t.expect(client.send(read)).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("a bucket is made once; one that is missing or holds something is refused", async (t) => {
  const { objects, client, bucket, put } = await setup(t);
  await objects.ensureBucket();
  await t
    .expect(client.send(new CreateBucketCommand({ Bucket: bucket })))
    .rejects.toMatchObject({ name: "BucketAlreadyOwnedByYou" });
  await put("kept", "x");
  await t
    .expect(client.send(new DeleteBucketCommand({ Bucket: bucket })))
    .rejects.toMatchObject({ name: "BucketNotEmpty" });
  const elsewhere = objectStore(client, { bucket: `${bucket}-missing` });
  await t.expect(elsewhere.putObject("x", "x", "text/plain")).rejects.toMatchObject({
    code: "unavailable",
    hint: "run mkt migrate up",
  });
});

test.for([
  { what: "another secret", secretAccessKey: "not the secret" },
  { what: "another region", region: "eu-west-1" },
])("a request signed with $what is refused", async ({ what: _, ...changes }, t) => {
  const { bucket, reopen, put } = await setup(t);
  await put("secret", "x");
  const stranger = objectStore(reopen(changes), { bucket });
  await t.expect(stranger.getObject("secret")).rejects.toMatchObject({
    code: "unavailable",
    message: t.expect.stringContaining("S3 refuses access"),
  });
  await t.expect(stranger.putObject("secret", "y", "text/plain")).rejects.toMatchObject({
    code: "unavailable",
  });
});

test("a request whose clock is 20 minutes off is refused", async (t) => {
  const { bucket, reopen, put } = await setup(t);
  await put("kept", "x");
  const late = reopen({});
  late.config.systemClockOffset = -20 * 60_000;
  const read = new GetObjectCommand({ Bucket: bucket, Key: "kept" });
  await t.expect(late.send(read)).rejects.toMatchObject({ name: "RequestTimeTooSkewed" });
});

test("where nobody listens the store says that S3 cannot be reached", async (t) => {
  const { bucket, reopen } = await setup(t);
  const gone = reopen({ endpoint: { socketPath: join(tmpdir(), "mkt-nobody.sock") } });
  await t.expect(objectStore(gone, { bucket }).getObject("any")).rejects.toMatchObject({
    code: "unavailable",
    message: /^S3 cannot be reached/,
    hint: /mkt up s3/,
  });
});
