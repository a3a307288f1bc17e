import { once } from "node:events";
import { existsSync, linkSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { openTable } from "../stores/dynamo/client.ts";
import { ensureTable } from "../stores/dynamo/table.ts";
import { startDynamo } from "./dynamo.ts";

function setup() {
  const directory = mkdtempSync(join(tmpdir(), "mkt-dynamo-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const socketPath = join(directory, "dynamo.sock");
  const keys = { accessKeyId: "test", secretAccessKey: "test" };
  const table = openTable({ endpoint: { socketPath }, region: "us-east-1", table: "mkt", ...keys });
  onTestFinished(() => table.close());
  return { socketPath, dataDirectory: join(directory, "data"), table };
}

const Key = { pk: "a", sk: "b" };

test("what was written is there after a restart; only its user may connect", async () => {
  const { table, ...paths } = setup();
  const first = await startDynamo(paths);
  expect(statSync(paths.socketPath).mode & 0o777).toBe(0o600);
  await ensureTable(table);
  await table.client.send(new PutCommand({ TableName: "mkt", Item: { ...Key, n: 7 } }));
  await first.close();
  expect(existsSync(paths.socketPath)).toBe(false);

  const again = await startDynamo(paths);
  await ensureTable(table);
  const { Item } = await table.client.send(new GetCommand({ TableName: "mkt", Key }));
  await again.close();
  expect(Item).toEqual({ ...Key, n: 7 });
});

test("a second one on the same socket is refused, and the first one serves on", async () => {
  const { table, socketPath } = setup();
  const running = await startDynamo({ socketPath });
  await expect(startDynamo({ socketPath })).rejects.toMatchObject({ code: "conflict" });
  await ensureTable(table);
  await running.close();
});

test("a socket that a killed process left behind does not hinder", async () => {
  const { table, socketPath } = setup();
  // Closing unlinks the socket: another name for it is what kill -9 would have left.
  const killed = createServer().listen(socketPath);
  await once(killed, "listening");
  linkSync(socketPath, `${socketPath}.left`);
  killed.close();
  await once(killed, "close");
  renameSync(`${socketPath}.left`, socketPath);
  expect(existsSync(socketPath)).toBe(true);

  const running = await startDynamo({ socketPath });
  await ensureTable(table);
  await running.close();
});
