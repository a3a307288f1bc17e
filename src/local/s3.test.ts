import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { build } from "esbuild";
import { type TestContext, test } from "vitest";
import { openS3 } from "../stores/s3/client.ts";
import { objectStore } from "../stores/s3/objects.ts";
import { startS3 } from "./s3.ts";

const keys = { accessKeyId: "test", secretAccessKey: "a secret of tests only" };
const region = "us-east-1";
const bucket = "bucket";

async function directories({ onTestFinished }: TestContext) {
  const home = await mkdtemp(join(tmpdir(), "mkt-s3-"));
  onTestFinished(() => rm(home, { recursive: true }));
  return { home, socketPath: join(home, "s3.sock"), dataDirectory: join(home, "data") };
}

function connect({ onTestFinished }: TestContext, socketPath: string) {
  const client = openS3({ endpoint: { socketPath }, region, bucket, ...keys });
  onTestFinished(() => client.destroy());
  return { client, objects: objectStore(client, { bucket }) };
}

async function setup(t: TestContext) {
  const where = await directories(t);
  const settings = { socketPath: where.socketPath, dataDirectory: where.dataDirectory };
  const running = await startS3({ ...settings, region, ...keys });
  t.onTestFinished(() => running.close());
  const { client, objects } = connect(t, where.socketPath);
  await objects.ensureBucket();
  const filesOf = (part: string) => filesBelow(join(where.dataDirectory, part));
  const open = (method: string, path: string, headers: Record<string, string> = {}) =>
    sendByHand(where.socketPath, { method, path, headers });
  return { ...where, settings, client, objects, filesOf, open };
}

async function filesBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Begins a request whose body the test writes, or not. */
function sendByHand(
  socketPath: string,
  options: { method: string; path: string; headers: Record<string, string> },
) {
  const sent = request({ socketPath, agent: false, ...options });
  const answer = once(sent, "response") as Promise<[IncomingMessage]>;
  answer.catch(() => undefined);
  return { sent, answer };
}

/** Signs an upload of unstated content, which a test then sends by hand. */
async function uploadPath(t: TestContext, socketPath: string, key: string): Promise<string> {
  const { client } = connect(t, socketPath);
  client.config.requestChecksumCalculation = async () => "WHEN_REQUIRED";
  const link = await getSignedUrl(client, new PutObjectCommand({ Bucket: bucket, Key: key }));
  return link.slice("http://localhost".length);
}

test("an upload that breaks off leaves nothing, and what was there stays", async (t) => {
  const { socketPath, objects, filesOf, open } = await setup(t);
  await objects.putObject("page", "whole", "text/plain");
  const path = await uploadPath(t, socketPath, "page");
  const { sent } = open("PUT", path, { "content-length": "1000000" });
  sent.write(Buffer.alloc(100_000));
  await t.expect.poll(() => filesOf("uploads")).toHaveLength(1);
  sent.on("error", () => undefined).destroy();
  await t.expect.poll(() => filesOf("uploads")).toHaveLength(0);
  t.expect(await filesOf("buckets")).toEqual(["page@object"]);
  t.expect(Buffer.from((await objects.getObject("page")).bytes).toString()).toBe("whole");
});

test("a stated length beyond 5 GiB is refused before a byte is sent", async (t) => {
  const { socketPath, filesOf, open } = await setup(t);
  const path = await uploadPath(t, socketPath, "huge");
  const { sent, answer } = open("PUT", path, { "content-length": String(5 * 1024 ** 3 + 1) });
  sent.flushHeaders();
  t.expect(await refusal(sent, answer)).toBe("EntityTooLarge");
  t.expect(await filesOf("uploads")).toHaveLength(0);
});

test.for([
  { what: "no length", headers: { "transfer-encoding": "chunked" }, code: "MissingContentLength" },
  {
    what: "another MD5",
    headers: { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" },
    code: "BadDigest",
  },
  { what: "gzip", headers: { "content-encoding": "gzip" }, code: "NotImplemented" },
  { what: "an unsigned header", headers: { "x-amz-acl": "private" }, code: "AccessDenied" },
])("an upload with $what is refused: $code", async ({ headers, code }, t) => {
  const { socketPath, filesOf, open } = await setup(t);
  const length = "transfer-encoding" in headers ? {} : { "content-length": "4" };
  const path = await uploadPath(t, socketPath, "key");
  const { sent, answer } = open("PUT", path, { ...length, ...headers });
  sent.end("body");
  t.expect(await refusal(sent, answer)).toBe(code);
  t.expect([...(await filesOf("uploads")), ...(await filesOf("buckets"))]).toEqual([]);
});

/** The code of the error that a request sent by hand is answered with. */
async function refusal(sent: ClientRequest, answer: Promise<[IncomingMessage]>) {
  const [response] = await answer;
  const body = (await buffer(response)).toString();
  sent.destroy();
  return /<Code>(\w+)<\/Code>/.exec(body)?.[1];
}

const Bucket = bucket;
const object = { Bucket, Key: "key" };

test("all that it does not do is refused by name", async (t) => {
  const { client, objects } = await setup(t);
  await objects.putObject("key", "x", "text/plain");
  const refused = async (name: string, work: Promise<unknown>) =>
    t.expect(work, name).rejects.toMatchObject({
      name: "NotImplemented",
      message: t.expect.stringContaining(name),
      $metadata: { httpStatusCode: 501 },
    });
  await refused("service", client.send(new ListBucketsCommand({})));
  await refused("ListObjects (version 1)", client.send(new ListObjectsCommand({ Bucket })));
  await refused("fetch-owner", client.send(new ListObjectsV2Command({ Bucket, FetchOwner: true })));
  await refused("acl", client.send(new GetObjectAclCommand(object)));
  await refused("uploads", client.send(new CreateMultipartUploadCommand(object)));
  await refused(
    "x-amz-copy-source",
    client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${bucket}/key` })),
  );
  await refused(
    "delete",
    client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [object] } })),
  );
  await refused(
    "versioning",
    client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: {} })),
  );
  await refused(
    "tagging",
    client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [] } })),
  );
  await refused("if-match", client.send(new GetObjectCommand({ ...object, IfMatch: '"x"' })));
  await refused("versionId", client.send(new GetObjectCommand({ ...object, VersionId: "1" })));
  for (const [name, more] of Object.entries({
    "if-match": { IfMatch: '"x"' },
    "If-None-Match": { IfNoneMatch: '"x"' },
    "x-amz-acl": { ACL: "private" },
    "x-amz-meta-colour": { Metadata: { colour: "red" } },
    "cache-control": { CacheControl: "no-cache" },
    "x-amz-checksum-sha256": { ChecksumAlgorithm: "SHA256" },
  } as const)) {
    await refused(name, client.send(new PutObjectCommand({ ...object, Body: "y", ...more })));
  }
  t.expect(Buffer.from((await objects.getObject("key")).bytes).toString()).toBe("x");
  t.expect(await objects.listObjects("")).toHaveLength(1);
});

test.for([
  "../outside",
  "../../../outside",
  "a/../b",
  "/absolute",
  "a//b/",
  "./.",
  "..%2foutside",
  "line\nbreak\r\tand\u0001",
  "@object",
  "a@object/b",
])("the key %j stays inside its bucket, and is itself", async (key, t) => {
  const { home, objects, filesOf } = await setup(t);
  await objects.putObject("b", "untouched", "text/plain");
  await objects.putObject(key, "its own", "text/plain");
  t.expect(Buffer.from((await objects.getObject(key)).bytes).toString()).toBe("its own");
  t.expect(Buffer.from((await objects.getObject("b")).bytes).toString()).toBe("untouched");
  const listed = await objects.listObjects("");
  t.expect(new Set(listed.map((found) => found.key))).toEqual(new Set(["b", key]));
  t.expect((await readdir(home)).sort()).toEqual(["data", "s3.sock"]);
  t.expect(await readdir(join(home, "data", "buckets"))).toEqual([bucket]);
  t.expect(await filesOf("buckets")).toHaveLength(2);
});

test.for([
  "..",
  ".",
  "..%2F..",
  "a%00b",
  "UPPER",
  "ab",
])("the bucket %j is refused", async (name, t) => {
  const { home, socketPath, open } = await setup(t);
  await writeFile(join(home, "data", "secret@object"), "");
  const { client } = connect(t, socketPath);
  const read = new GetObjectCommand({ Bucket: bucket, Key: "secret" });
  client.middlewareStack.add(
    (next) => async (input) => {
      Object.assign(input.request as object, { path: `/${name}/secret` });
      return next(input);
    },
    { step: "build" },
  );
  const link = await getSignedUrl(client, read);
  const { sent, answer } = open("GET", link.slice("http://localhost".length));
  sent.end();
  t.expect(await refusal(sent, answer)).toBe("InvalidBucketName");
});

test("a socket that a killed process left is replaced; one in use is not", async (t) => {
  const { settings, objects, socketPath } = await setup(t);
  await t
    .expect(startS3({ ...settings, region, ...keys }))
    .rejects.toMatchObject({ code: "conflict" });
  await objects.putObject("still", "served", "text/plain");
  const other = await directories(t);
  await writeFile(other.socketPath, "");
  const running = await startS3({ ...other, region, ...keys });
  t.expect(existsSync(other.socketPath)).toBe(true);
  await running.close();
  t.expect(existsSync(other.socketPath)).toBe(false);
  t.expect(existsSync(socketPath)).toBe(true);
});

test("kill -9 amid uploads loses no acknowledged object and leaves no half one", async (t) => {
  const { home, socketPath, dataDirectory } = await directories(t);
  const program = join(home, "endpoint.mjs");
  await build({
    stdin: { contents: 'export { startS3 } from "./s3.ts"', resolveDir: import.meta.dirname },
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  const settings = { socketPath, dataDirectory, region, ...keys };
  const code = `(await import(${JSON.stringify(pathToFileURL(program))})).startS3(${JSON.stringify(settings)}).then(() => process.stdout.write("up"))`;
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await once(child.stdout, "data");
    await beginUpload(t, { socketPath, dataDirectory, key: `${round}/half` });
    await uploadUntilKilled(t, { socketPath, child, round, acknowledged });
  }
  const running = await startS3(settings);
  t.onTestFinished(() => running.close());
  t.expect(await readdir(join(dataDirectory, "uploads"))).toEqual([]);
  const { objects } = connect(t, socketPath);
  const stored = await objects.listObjects("");
  const found = new Set(stored.map(({ key }) => key));
  t.expect(acknowledged.filter((key) => !found.has(key))).toEqual([]);
  for (const { key } of stored) {
    const { bytes } = await objects.getObject(key);
    t.expect(Buffer.from(bytes).equals(content(key)), key).toBe(true);
  }
});

const UPLOAD_BYTES = 200_000;
const ENOUGH = 12;

function content(key: string): Buffer {
  return Buffer.alloc(UPLOAD_BYTES, key);
}

/** Leaves an upload half done. */
async function beginUpload(
  t: TestContext,
  { socketPath, dataDirectory, key }: { socketPath: string; dataDirectory: string; key: string },
): Promise<void> {
  await connect(t, socketPath).objects.ensureBucket();
  const path = await uploadPath(t, socketPath, key);
  const headers = { "content-length": String(UPLOAD_BYTES) };
  const { sent } = sendByHand(socketPath, { method: "PUT", path, headers });
  sent.write(content(key).subarray(0, UPLOAD_BYTES / 2));
  await t.expect.poll(() => filesBelow(join(dataDirectory, "uploads"))).toHaveLength(1);
}

async function uploadUntilKilled(
  t: TestContext,
  options: { socketPath: string; child: ChildProcess; round: number; acknowledged: string[] },
): Promise<void> {
  const { socketPath, child, round, acknowledged } = options;
  const { client, objects } = connect(t, socketPath);
  client.config.maxAttempts = async () => 1;
  let stored = 0;
  const writer = async (name: number) => {
    for (let count = 0; child.exitCode === null && child.signalCode === null; count += 1) {
      const key = `${round}/${name}/${count}`;
      try {
        await objects.putObject(key, content(key), "text/plain");
      } catch {
        return;
      }
      acknowledged.push(key);
      stored += 1;
      if (stored === ENOUGH) child.kill("SIGKILL");
    }
  };
  await Promise.all([once(child, "exit"), ...[0, 1, 2, 3].map(writer)]);
}
