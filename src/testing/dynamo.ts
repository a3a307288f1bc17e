import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { afterAll } from "vitest";
import type { Profile } from "../config.ts";
import { newId } from "../domain/ids.ts";
import { startDynamo } from "../local/dynamo.ts";
import type { Running } from "../local/running.ts";
import { activityStore } from "../stores/dynamo/activity.ts";
import { categoryStore } from "../stores/dynamo/categories.ts";
import { openTable, type Table } from "../stores/dynamo/client.ts";
import { homeStore } from "../stores/dynamo/home.ts";
import { notificationStore } from "../stores/dynamo/notifications.ts";
import { pageStore } from "../stores/dynamo/pages.ts";
import { postingStore } from "../stores/dynamo/postings.ts";
import { questionStore } from "../stores/dynamo/questions.ts";
import { ensureTable } from "../stores/dynamo/table.ts";
import { vocabularyStore } from "../stores/dynamo/vocabulary.ts";

/** URL of a real engine to test against instead of the embedded one. */
const url = process.env.MKT_TEST_DYNAMO_URL;

let engine: Promise<{ endpoint: { socketPath: string } | { url: string }; stop(): Promise<void> }>;

/** The engine this test file runs against: started once, stopped after its last test. */
function testEngine() {
  engine ??= url ? Promise.resolve({ endpoint: { url }, stop: async () => {} }) : startEmbedded();
  return engine;
}

async function startEmbedded() {
  const directory = mkdtempSync(join(tmpdir(), "mkt-dynamo-"));
  const socketPath = join(directory, "dynamo.sock");
  const running: Running = await startDynamo({ socketPath });
  const stop = async () => {
    await running.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { endpoint: { socketPath }, stop };
}

afterAll(async () => {
  if (engine) await (await engine).stop();
});

/** How a profile names the engine of this test file, for a table of its own. */
export async function testDynamoConfig(): Promise<Profile["dynamo"]> {
  const { endpoint } = await testEngine();
  return {
    endpoint,
    region: "us-east-1",
    table: `mkt-test-${newId()}`,
    accessKeyId: "test",
    secretAccessKey: "test",
  };
}

/** A fresh table; disposing it deletes it. */
export async function testTable(): Promise<Table & AsyncDisposable> {
  const table = openTable(await testDynamoConfig());
  await ensureTable(table);
  return {
    ...table,
    [Symbol.asyncDispose]: async () => {
      await table.client.send(new DeleteTableCommand({ TableName: table.name }));
      table.close();
    },
  };
}

/** Every store of a table, by the names that operations know them by. */
export const dynamoStores = (table: Table) => ({
  activityLog: activityStore(table),
  categoryNames: categoryStore(table),
  homeSections: homeStore(table),
  notifications: notificationStore(table),
  pages: pageStore(table),
  postings: postingStore(table),
  questions: questionStore(table),
  vocabulary: vocabularyStore(table),
});
