import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll } from "vitest";
import type { Profile } from "../config.ts";
import { newId } from "../domain/ids.ts";
import { startS3 } from "../local/s3.ts";
import { openS3 } from "../stores/s3/client.ts";
import { type ObjectStore, objectStore } from "../stores/s3/objects.ts";

type Engine = Omit<Profile["s3"], "bucket"> & { stop(): Promise<void> };

/** A bucket of a test's own; disposing it deletes it with all it holds. */
export interface TestBucket extends AsyncDisposable {
  config: Profile["s3"];
  client: S3Client;
  objects: ObjectStore;
}

const region = "us-east-1";

let engine: Promise<Engine> | undefined;

/** The engine this test file runs against: started once, stopped after its last test. */
function testEngine(): Promise<Engine> {
  const url = process.env.MKT_TEST_S3_URL;
  engine ??= url ? Promise.resolve(realEngine(url)) : startEmbedded();
  return engine;
}

/** A real engine to test against instead of the embedded one. */
function realEngine(url: string): Engine {
  const { MKT_TEST_S3_ACCESS_KEY: accessKeyId, MKT_TEST_S3_SECRET_KEY: secretAccessKey } =
    process.env;
  return { endpoint: { url }, region, accessKeyId, secretAccessKey, stop: async () => {} };
}

async function startEmbedded(): Promise<Engine> {
  const directory = mkdtempSync(join(tmpdir(), "mkt-s3-"));
  const socketPath = join(directory, "s3.sock");
  const keys = { accessKeyId: "test", secretAccessKey: "a secret of tests only" };
  const dataDirectory = join(directory, "data");
  const running = await startS3({ socketPath, dataDirectory, region, ...keys });
  const stop = async () => {
    await running.close();
    rmSync(directory, { recursive: true });
  };
  return { endpoint: { socketPath }, region, ...keys, stop };
}

afterAll(async () => {
  await (await engine)?.stop();
});

/** How a profile names the engine of this test file, for a bucket of its own that is yet to be made. */
export async function testS3Config(): Promise<Profile["s3"]> {
  const { stop: _, ...reached } = await testEngine();
  return { ...reached, bucket: `mkt-test-${newId()}` };
}

/** A fresh bucket. */
export async function testBucket(): Promise<TestBucket> {
  const config = await testS3Config();
  const client = openS3(config);
  const objects = objectStore(client, config);
  await objects.ensureBucket();
  const dispose = async () => {
    await deleteBucket(client, config.bucket);
    client.destroy();
  };
  return { config, client, objects, [Symbol.asyncDispose]: dispose };
}

async function deleteBucket(client: S3Client, bucket: string): Promise<void> {
  for (;;) {
    const { Contents: objects = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket }),
    );
    if (objects.length === 0) break;
    for (const { Key: key } of objects) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    }
  }
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}
