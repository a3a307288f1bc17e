import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { testDynamoConfig, testTable } from "../../testing/dynamo.ts";
import { openTable } from "./client.ts";
import { pageStore } from "./pages.ts";

const config = {
  region: "us-east-1",
  table: "mkt",
  accessKeyId: "test",
  secretAccessKey: "test",
};

function pagesAt(place: Parameters<typeof openTable>[0]) {
  const table = openTable(place);
  onTestFinished(() => table.close());
  return pageStore(table);
}

function directory() {
  const path = mkdtempSync(join(tmpdir(), "mkt-dynamo-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("an engine that does not run is unavailable, with the command that starts it", async () => {
  const pages = pagesAt({ ...config, endpoint: { socketPath: join(directory(), "none.sock") } });
  for (const request of [() => pages.get("id"), () => pages.getMany(["id"])]) {
    await expect(request()).rejects.toMatchObject({
      code: "unavailable",
      message: "DynamoDB cannot be reached",
      hint: "mkt up dynamo",
    });
  }
});

test("an engine that hangs up, or a port nobody listens on, is unavailable", async () => {
  const socketPath = join(directory(), "rude.sock");
  const server = createServer((socket) => socket.destroy()).listen(socketPath);
  onTestFinished(() => void server.close());
  const rude = pagesAt({ ...config, endpoint: { socketPath } });
  await expect(rude.get("id")).rejects.toMatchObject({ code: "unavailable" });
  const closed = pagesAt({ ...config, endpoint: { url: "http://127.0.0.1:1" } });
  await expect(closed.get("id")).rejects.toMatchObject({
    code: "unavailable",
    hint: "check the network and the profile's endpoint",
  });
});

test("a missing table is unavailable and names the remedy", async () => {
  const pages = pagesAt(await testDynamoConfig());
  await expect(pages.get("id")).rejects.toMatchObject({ code: "unavailable", hint: "mkt migrate" });
});

test("a request that is wrong is a bug and stays what it is", async () => {
  const table = await testTable();
  onTestFinished(() => table[Symbol.asyncDispose]());
  await expect(pageStore(table).get("x".repeat(3_000))).rejects.toMatchObject({
    name: "ValidationException",
  });
});
